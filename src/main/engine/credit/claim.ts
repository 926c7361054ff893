/**
 * What a customer does to get back what a seller owes it for a job: it makes an invoice over it, sends it, and believes its own
 * wallet alone. Pure, and part of the purchase, whatever its settlement mode.
 *
 * Invariants: one invoice is out at a time; what came in for one counts once, also when it comes late.
 */
import { addMsat, ZERO_MSAT, type Msat } from '#shared/market/msat.ts'
import type { Delivery } from '../delivery.ts'
import type { Invoice } from '../wallet/wallet.ts'
import { CLAIM_GRACE_MS } from './patience.ts'

export interface Claim {
  readonly amountMsat: Msat
  readonly since: number
  /** Null while it is being made. */
  readonly invoice: Invoice | null
  readonly state: 'making' | 'sending' | 'waiting' | 'received' | 'over'
  readonly receivedMsat: Msat
}

export type ClaimMessage = { readonly at: number } & (
  | { readonly type: 'claimWanted' }
  | { readonly type: 'claimInvoiced'; readonly invoice: Invoice }
  | { readonly type: 'claimSent'; readonly delivery: Delivery }
  | { readonly type: 'claimPaid'; readonly paymentHash: string; readonly settledMsat: Msat }
  /** Our wallet, asked, has nothing for it. */
  | { readonly type: 'claimMissing'; readonly paymentHash: string }
)

export type ClaimEvent = { readonly at: number } & (
  | { readonly type: 'claimBegun'; readonly amountMsat: Msat }
  | { readonly type: 'claimInvoiced'; readonly invoice: Invoice }
  | { readonly type: 'claimSent'; readonly delivery: Delivery }
  | { readonly type: 'claimPaid'; readonly paymentHash: string; readonly receivedMsat: Msat }
  | { readonly type: 'claimOver'; readonly reason: string }
)

export type ClaimEffect =
  | { readonly key: string; readonly type: 'makeClaim'; readonly amountMsat: Msat; readonly expirySecs: number }
  | { readonly key: string; readonly type: 'sendClaim'; readonly bolt11: string }
  | { readonly key: string; readonly type: 'watchClaim'; readonly paymentHash: string; readonly expiresAt: number }

/** A seller that is away may come back within this. */
const CLAIM_EXPIRY_SECS = 3_600
/** A seller that does not pay is asked no more often than once a day at last: each is a row. */
const MAX_CLAIMS = 50
const LATER_EVERY_MS = 86_400_000

export function isClaimMessage(message: { readonly type: string }): message is ClaimMessage {
  return message.type.startsWith('claim')
}

export function isClaimEvent(event: { readonly type: string }): event is ClaimEvent {
  return event.type.startsWith('claim')
}

export function isClaimEffect(effect: { readonly type: string }): effect is ClaimEffect {
  return effect.type === 'makeClaim' || effect.type === 'sendClaim' || effect.type === 'watchClaim'
}

/** `owedMsat`: what is still owed for the job, after what was received. */
export function decideClaim(claims: readonly Claim[], owedMsat: Msat, message: ClaimMessage): readonly ClaimEvent[] {
  const { at } = message
  const open = openClaim(claims)
  switch (message.type) {
    case 'claimWanted':
      return open === null && owedMsat > 0 && !isTooOften(claims, at) ? [{ at, type: 'claimBegun', amountMsat: owedMsat }] : []
    case 'claimInvoiced':
      return open?.state === 'making' && message.invoice.amountMsat === open.amountMsat ? [{ at, type: 'claimInvoiced', invoice: message.invoice }] : []
    case 'claimSent':
      return open?.state === 'sending' ? [{ at, type: 'claimSent', delivery: message.delivery }] : []
    case 'claimPaid':
      return claims.some(({ invoice, receivedMsat }) => invoice?.paymentHash === message.paymentHash && receivedMsat === 0) ? [{ at, type: 'claimPaid', paymentHash: message.paymentHash, receivedMsat: message.settledMsat }] : []
    case 'claimMissing': {
      const { invoice = null } = open ?? {}
      const isOver = invoice?.paymentHash === message.paymentHash && at >= invoice.expiresAt * 1_000 + CLAIM_GRACE_MS
      return isOver ? [{ at, type: 'claimOver', reason: 'The seller did not pay it back in time. It still owes it.' }] : []
    }
  }
}

function isTooOften(claims: readonly Claim[], at: number): boolean {
  const last = claims.at(-1)
  return last !== undefined && claims.length >= MAX_CLAIMS && at < last.since + LATER_EVERY_MS
}

export function evolveClaims(claims: readonly Claim[], event: ClaimEvent): readonly Claim[] {
  const last = claims.at(-1)
  const changeLast = (to: Partial<Claim>) => (last === undefined ? claims : [...claims.slice(0, -1), { ...last, ...to }])
  switch (event.type) {
    case 'claimBegun':
      return [...claims, { amountMsat: event.amountMsat, since: event.at, invoice: null, state: 'making', receivedMsat: ZERO_MSAT }]
    case 'claimInvoiced':
      return changeLast({ invoice: event.invoice, state: 'sending' })
    case 'claimSent':
      return changeLast({ state: 'waiting' })
    case 'claimPaid':
      return claims.map((claim) => (claim.invoice?.paymentHash === event.paymentHash ? { ...claim, state: 'received', receivedMsat: event.receivedMsat } : claim))
    case 'claimOver':
      return changeLast({ state: 'over' })
  }
}

export function dueClaims(claims: readonly Claim[]): readonly ClaimEffect[] {
  const open = openClaim(claims)
  if (open === null) return []
  const { invoice, state, amountMsat } = open
  if (invoice === null) return [{ key: `makeClaim:${claims.length}`, type: 'makeClaim', amountMsat, expirySecs: CLAIM_EXPIRY_SECS }]
  const watch: ClaimEffect = { key: `watchClaim:${invoice.paymentHash}`, type: 'watchClaim', paymentHash: invoice.paymentHash, expiresAt: invoice.expiresAt }
  return state === 'sending' ? [{ key: `sendClaim:${invoice.paymentHash}`, type: 'sendClaim', bolt11: invoice.bolt11 }, watch] : [watch]
}

export function openClaim(claims: readonly Claim[]): Claim | null {
  const last = claims.at(-1)
  return last === undefined || last.state === 'received' || last.state === 'over' ? null : last
}

export function claimedMsat(claims: readonly Claim[]): Msat {
  return addMsat(...claims.map(({ receivedMsat }) => receivedMsat))
}
