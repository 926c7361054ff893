/** Invoices of a wallet behind NIP-47, made and checked: what comes back is what was asked for, or it is refused. */
import { z } from 'zod'
import type { Msat } from '#shared/market/msat.ts'
import type { Network } from '#shared/market/network.ts'
import { fail, ok, type Result } from '#shared/market/result.ts'
import { decodeInvoice } from '#shared/protocol/bolt11.ts'
import { isHex64 } from '#shared/protocol/event.ts'
import { makeInvoiceResultSchema } from '#shared/protocol/nip47.ts'
import { hashOf } from '#shared/protocol/preimage.ts'
import type { Clock } from '../ports.ts'
import { blocksToHold } from './nwcChain.ts'
import type { NwcClient, NwcReply } from './nwcClient.ts'
import { describeFailure, misbehaved } from './nwcProblems.ts'
import type { HoldInvoiceRequest, Invoice, InvoiceRequest, Wallet, WalletProblem } from './wallet.ts'

export type NwcInvoices = Pick<Wallet, 'createInvoice' | 'createHoldInvoice' | 'settleHold' | 'cancelHold'>

export interface NwcInvoicesOptions {
  readonly client: NwcClient
  readonly network: Network
  readonly clock: Clock
  readonly replyMs: number
  readonly lookup: Wallet['lookup']
}

interface Asked {
  readonly amountMsat: Msat
  readonly expirySecs: number
  /** Null: any. */
  readonly paymentHash: string | null
  /** For how many blocks it is to hold what is paid; 0 for a plain one. */
  readonly blocks: number
}

export function createNwcInvoices({ client, network, clock, replyMs, lookup }: NwcInvoicesOptions): NwcInvoices {
  const nowSecs = () => Math.floor(clock.now() / 1_000)

  const check = (bolt11: string, { amountMsat, expirySecs, paymentHash, blocks }: Asked): Result<Invoice, WalletProblem> => {
    const decoded = decodeInvoice(bolt11)
    if (!decoded.ok) return misbehaved(`The wallet made an invoice that is none. ${decoded.error.message}`)
    const invoice = decoded.value
    if (invoice.network !== network) return misbehaved(`The wallet made an invoice for ${invoice.network}, but Souk is set to ${network}. Choose a wallet on ${network}.`)
    if (invoice.amountMsat !== amountMsat) return misbehaved(`The wallet made an invoice over ${invoice.amountMsat ?? 'any amount'} instead of ${amountMsat} msat.`)
    if (paymentHash !== null && invoice.paymentHash !== paymentHash) return misbehaved('The wallet made an invoice on another payment hash than it says.')
    if (invoice.expirySecs < expirySecs || invoice.expiresAt <= nowSecs()) return misbehaved(`The wallet made an invoice that lives ${invoice.expirySecs} instead of ${expirySecs} seconds.`)
    if (invoice.minFinalCltvExpiry < blocks) return misbehaved(`The wallet made an invoice that holds money for ${invoice.minFinalCltvExpiry} instead of ${blocks} blocks.`)
    const { createdAt, expiresAt, description } = invoice
    return ok({ bolt11: invoice.bolt11, paymentHash: invoice.paymentHash, amountMsat, network, createdAt, expiresAt, description })
  }

  const paramsOf = ({ amountMsat, description, expirySecs }: InvoiceRequest) => ({ amount: amountMsat, description, expiry: expirySecs })

  async function createInvoice(asked: InvoiceRequest): Promise<Result<Invoice, WalletProblem>> {
    const made = await client.request('make_invoice', paramsOf(asked), makeInvoiceResultSchema, { timeoutMs: replyMs })
    if (made.kind !== 'result') return { ok: false, error: describeFailure(made) }
    return check(made.value.invoice, { ...asked, paymentHash: made.value.payment_hash, blocks: 0 })
  }

  async function createHoldInvoice(asked: HoldInvoiceRequest): Promise<Result<Invoice, WalletProblem>> {
    const { paymentHash, holdSecs } = asked
    const blocks = blocksToHold(holdSecs, network)
    const params = { ...paramsOf(asked), payment_hash: paymentHash, min_cltv_expiry_delta: blocks }
    const made = await client.request('make_hold_invoice', params, makeInvoiceResultSchema, { timeoutMs: replyMs })
    if (made.kind === 'result') {
      if (made.value.payment_hash !== null && made.value.payment_hash !== paymentHash) return misbehaved('The wallet made an invoice on another payment hash than it was asked for.')
      return check(made.value.invoice, { ...asked, blocks })
    }
    return (made.kind === 'error' ? await findHoldInvoice({ ...asked, blocks }) : null) ?? { ok: false, error: describeFailure(made) }
  }

  /** Wallets refuse a hash that they know. An answer that got lost is asked for a second time: then it is the invoice that there is. */
  async function findHoldInvoice(asked: Asked & { readonly paymentHash: string }): Promise<Result<Invoice, WalletProblem> | null> {
    const found = await lookup(asked.paymentHash, 'incoming')
    if (!found.ok || found.value === null || found.value.bolt11 === null) return null
    const isOver = found.value.state === 'failed' || found.value.state === 'expired'
    return isOver || found.value.amountMsat !== asked.amountMsat ? null : check(found.value.bolt11, asked)
  }

  /** The wallet's "no" to what was done before is a yes: the books say. */
  async function stateOnceRefused(reply: NwcReply<unknown>, paymentHash: string) {
    const found = reply.kind === 'error' ? await lookup(paymentHash, 'incoming') : null
    return found?.ok === true ? (found.value?.state ?? null) : null
  }

  return {
    createInvoice,
    createHoldInvoice,
    async settleHold(preimage) {
      if (!isHex64(preimage)) return fail('wallet-refused', 'This is no preimage: it has to be 64 hex characters.')
      const paymentHash = hashOf(preimage)
      const reply = await client.request('settle_hold_invoice', { preimage }, z.unknown(), { timeoutMs: replyMs })
      if (reply.kind === 'result') return ok(null)
      return (await stateOnceRefused(reply, paymentHash)) === 'settled' ? ok(null) : { ok: false, error: describeFailure(reply) }
    },
    async cancelHold(paymentHash) {
      const reply = await client.request('cancel_hold_invoice', { payment_hash: paymentHash }, z.unknown(), { timeoutMs: replyMs })
      if (reply.kind === 'result') return ok(null)
      const state = await stateOnceRefused(reply, paymentHash)
      if (state === 'failed' || state === 'expired') return ok(null)
      if (state === 'pending') return fail('wallet-unsupported', 'This wallet takes an invoice back only once somebody has paid it. It ends when it expires.')
      return { ok: false, error: describeFailure(reply) }
    },
  }
}
