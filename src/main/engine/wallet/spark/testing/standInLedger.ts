/** The operators' side of the stand-in: who has how much, what is locked until when, and that no sat is made or lost. */
import { createHash } from 'node:crypto'
import { bech32m } from '@scure/base'
import type { Clock } from '../../../ports.ts'
import type { SdkPayment } from '../sdk.ts'

export interface StandInAccount {
  name: string
  readonly identity: string
  readonly address: string
  balanceSats: number
  /** Claimed of what is on the chain. */
  readonly deposits: Map<string, { readonly txid: string; readonly vout: number; readonly amountSats: number; readonly isMature: boolean }>
}

export interface StandInInvoice {
  readonly bolt11: string
  readonly payee: StandInAccount
  readonly amountSats: number
  readonly description: string
  readonly expiresAt: number
  /** Null: a hold invoice, whose preimage somebody else knows. */
  readonly preimage: string | null
}

export interface StandInTransfer {
  readonly id: string
  readonly kind: 'lock' | 'lightning' | 'deposit' | 'withdraw'
  readonly from: StandInAccount | null
  readonly to: StandInAccount | null
  readonly amountSats: number
  readonly feeSats: number
  readonly paymentHash: string | null
  readonly invoice: StandInInvoice | null
  readonly createdAt: number
  /** Unix seconds; a lock cannot be claimed from then on, and returns 1–3 minutes later. */
  readonly expiresAt: number
  readonly returnsAt: number
  state: 'waiting' | 'shared' | 'completed' | 'returned' | 'failed'
  preimage: string | null
  /** So many times its sender is told that it failed, though it did not. */
  deniedTimes: number
}

export interface StandInAudit {
  readonly isBalanced: boolean
  readonly fundedSats: number
  readonly balancesSats: Readonly<Record<string, number>>
  readonly lockedSats: number
  readonly feesSats: number
  readonly withdrawnSats: number
  /** How often money moved under each hash: more than once is a violation. */
  readonly settlements: ReadonlyMap<string, number>
  readonly violations: readonly string[]
}

/** Of Lightning, in sats. */
export const feeOf = (amountSats: number) => 1 + Math.floor(amountSats / 400)

export function createStandInLedger(clock: Clock) {
  const accounts = new Map<string, StandInAccount>()
  const invoices = new Map<string, StandInInvoice>()
  const transfers = new Map<string, StandInTransfer>()
  let fundedSats = 0
  let aheadMs = 0
  const nowSecs = () => Math.floor((clock.now() + aheadMs) / 1_000)

  function returnExpired(): void {
    for (const transfer of transfers.values()) {
      if (transfer.state === 'waiting' && transfer.returnsAt <= nowSecs()) fail(transfer, 'returned')
    }
  }

  function fail(transfer: StandInTransfer, state: 'returned' | 'failed'): void {
    transfer.state = state
    if (transfer.from !== null) transfer.from.balanceSats += transfer.amountSats + transfer.feeSats
  }

  return {
    nowSecs,
    returnExpired,
    fail,
    invoices,
    transfers,
    advance(ms: number) {
      aheadMs += ms
      returnExpired()
    },
    /** The account of a phrase, made at its first use. */
    account(phrase: string, name?: string): StandInAccount {
      const key = createHash('sha256').update(phrase).digest('hex')
      const identity = `02${key}`
      const known = accounts.get(key)
      if (known !== undefined) return name === undefined ? known : Object.assign(known, { name })
      const words = bech32m.toWords(Uint8Array.from([10, 33, ...Buffer.from(identity, 'hex')]))
      const account = { name: name ?? `account ${accounts.size + 1}`, identity, address: bech32m.encode('sparkrt', words, 200), balanceSats: 0, deposits: new Map() }
      accounts.set(key, account)
      return account
    },
    accountAt: (address: string) => [...accounts.values()].find((account) => account.address === address) ?? null,
    fund(account: StandInAccount, amountSats: number) {
      fundedSats += amountSats
      account.balanceSats += amountSats
    },
    /** Takes the money off its sender at once. */
    begin(transfer: Omit<StandInTransfer, 'createdAt' | 'returnsAt' | 'deniedTimes'> & { readonly deniedTimes?: number }): StandInTransfer {
      const cost = transfer.amountSats + transfer.feeSats
      if (transfer.from !== null) {
        if (transfer.from.balanceSats < cost) throw new Error('Insufficient funds')
        transfer.from.balanceSats -= cost
      } else fundedSats += cost
      // One to three minutes, the same for the same transfer.
      const lateSecs = 60 + (Number.parseInt(createHash('sha256').update(transfer.id).digest('hex').slice(0, 4), 16) % 121)
      const begun: StandInTransfer = { deniedTimes: 0, ...transfer, createdAt: nowSecs(), returnsAt: transfer.expiresAt + lateSecs }
      transfers.set(transfer.id, begun)
      if (begun.state === 'completed' && begun.to !== null) begun.to.balanceSats += begun.amountSats
      return begun
    },
    complete(transfer: StandInTransfer, preimage: string | null) {
      transfer.state = 'completed'
      transfer.preimage = preimage
      if (transfer.to !== null) transfer.to.balanceSats += transfer.amountSats
    },
    audit(): StandInAudit {
      returnExpired()
      const all = [...transfers.values()]
      const sum = (chosen: readonly StandInTransfer[], of: (transfer: StandInTransfer) => number) => chosen.reduce((total, transfer) => total + of(transfer), 0)
      const moved = all.filter(({ state }) => state === 'completed')
      const lockedSats = sum(all.filter(({ state }) => state === 'waiting' || state === 'shared'), ({ amountSats, feeSats }) => amountSats + feeSats)
      const feesSats = sum(moved, ({ feeSats }) => feeSats)
      const withdrawnSats = sum(moved.filter(({ to }) => to === null), ({ amountSats }) => amountSats)
      const balancesSats = Object.fromEntries([...accounts.values()].map(({ name, balanceSats }) => [name, balanceSats]))
      const settlements = new Map<string, number>()
      for (const { paymentHash } of moved) if (paymentHash !== null) settlements.set(paymentHash, (settlements.get(paymentHash) ?? 0) + 1)
      const heldSats = Object.values(balancesSats).reduce((total, balance) => total + balance, 0)
      const isBalanced = heldSats + lockedSats + feesSats + withdrawnSats === fundedSats
      const violations = [
        ...(isBalanced ? [] : [`${heldSats} + ${lockedSats} + ${feesSats} + ${withdrawnSats} is not ${fundedSats}`]),
        ...[...settlements].filter(([, count]) => count > 1).map(([hash, count]) => `${hash} was settled ${count} times`),
        ...[...accounts.values()].filter(({ balanceSats }) => balanceSats < 0).map(({ name }) => `${name} owes`),
      ]
      return { isBalanced, fundedSats, balancesSats, lockedSats, feesSats, withdrawnSats, settlements, violations }
    },
  }
}
export type StandInLedger = ReturnType<typeof createStandInLedger>

/** A transfer as the SDK of one side shows it. */
export function showTransfer(transfer: StandInTransfer, viewer: StandInAccount): SdkPayment {
  const { id, kind, amountSats, feeSats, state, paymentHash, preimage, invoice, expiresAt, createdAt } = transfer
  const isSender = transfer.from === viewer
  const isDenied = isSender && transfer.deniedTimes > 0
  const status: SdkPayment['status'] = isDenied || state === 'returned' || state === 'failed' ? 'failed' : state === 'completed' ? 'completed' : 'pending'
  const htlcStatus = status === 'failed' ? 'returned' : state === 'completed' || state === 'shared' ? 'preimageShared' : 'waitingForPreimage'
  const base = { id, paymentType: isSender ? ('send' as const) : ('receive' as const), status, amount: BigInt(amountSats), fees: BigInt(isSender || kind === 'deposit' ? feeSats : 0), timestamp: createdAt }
  if (kind === 'deposit') return { ...base, method: 'deposit', details: { type: 'deposit', txId: id, vout: 0 } }
  if (kind === 'withdraw') return { ...base, method: 'withdraw', details: { type: 'withdraw', txId: createHash('sha256').update(id).digest('hex') } }
  const htlcDetails = { paymentHash: paymentHash ?? '', expiryTime: expiresAt, status: htlcStatus as 'returned', ...(preimage === null || isDenied ? {} : { preimage }) }
  if (kind === 'lock') return { ...base, method: 'spark', details: { type: 'spark', htlcDetails } }
  return { ...base, method: 'lightning', details: { type: 'lightning', description: invoice?.description ?? '', invoice: invoice?.bolt11 ?? '', destinationPubkey: `02${'11'.repeat(32)}`, htlcDetails } }
}
