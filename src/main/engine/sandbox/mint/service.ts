/**
 * What the mint does on a request: one transaction from the request's id to its answer, so that a request that comes
 * twice, or comes again after a crash, has done its work exactly once and gets the answer it got.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import type { MintFaults } from '#shared/ipc/settings.ts'
import { decodeInvoice, encodeInvoice, MAX_DESCRIPTION_BYTES } from '#shared/protocol/bolt11.ts'
import { MAX_MESSAGE_AGE_SECS, MAX_MESSAGE_AHEAD_SECS } from '#shared/protocol/event.ts'
import { BLOCK_SECS, NWC_METHODS, NWC_NOTIFICATIONS, type NwcNotification, type NwcRequest, type WrittenTransaction } from '#shared/protocol/nip47.ts'
import { hashOf } from '#shared/protocol/preimage.ts'
import { loadCompressedPublicKey } from '../../nostr/bip32.ts'
import type { Random } from '../../ports.ts'
import { inTransaction } from '../../store/database.ts'
import type { Ledger } from './ledger.ts'
import type { Change, HoldResult, InvoiceRow, PayCommand, Payments, PaymentRow } from './payments.ts'
import { blockHeightAt, createTransactionList, incomingTransaction, outgoingTransaction } from './transactions.ts'

export interface ReceivedRequest {
  readonly eventId: string
  /** Hex public key of the wallet's client, whose signature was checked. */
  readonly client: string
  readonly createdAt: number
  /** The request's `expiration` tag, null without one. */
  readonly expiresAt: number | null
  readonly body: NwcRequest
}

/** What is to be sent after the transaction: JSON bodies, not yet encrypted. */
export interface Outgoing {
  readonly answers: readonly { readonly eventId: string; readonly client: string; readonly body: string }[]
  readonly notifications: readonly { readonly client: string; readonly body: string }[]
}

export interface MintService {
  /** Null when the request came too late to be acted upon. */
  handle(request: ReceivedRequest, at: number, faults: MintFaults): Outgoing | null
  applyDue(at: number): Outgoing
}

export interface MintServiceOptions {
  readonly ledger: Ledger
  readonly payments: Payments
  /** The key that signs invoices. */
  readonly nodeKey: Uint8Array
  readonly random: Random
}

/** Every wallet asks for it first: the tables that the curve in JavaScript begins with would hold up each start. */
const compressedPublicKey = await loadCompressedPublicKey()
const DEFAULT_EXPIRY_SECS = 3_600
/** How long a payment hangs that the timeout faults delay. */
export const SLOW_PAYMENT_SECS = 3
export const PENDING_PAYMENT_SECS = 3_600
/** A day of blocks for a lock of which nothing else is asked, and two weeks at most, as nodes have it. */
const DEFAULT_HOLD_BLOCKS = 144
const MAX_HOLD_BLOCKS = 2_016

type ErrorCode = 'INSUFFICIENT_BALANCE' | 'PAYMENT_FAILED' | 'NOT_FOUND' | 'RESTRICTED' | 'OTHER'
type Reply = { readonly result: unknown } | { readonly error: { readonly code: ErrorCode; readonly message: string } }

/** `waitsFor`: the answer comes when this payment ends. `silent`: it never comes (`reply` is what a replay still gets). */
interface Done {
  readonly reply?: Reply
  readonly waitsFor?: string
  readonly silent?: boolean
  readonly changes?: readonly Change[]
}

export function createMintService({ ledger, payments, nodeKey, random }: MintServiceOptions): MintService {
  const { database } = ledger
  const listTransactions = createTransactionList(ledger, payments)
  const selectRequest = database.prepare('SELECT response FROM request WHERE event_id = ?')
  const insertRequest = database.prepare('INSERT INTO request (event_id, client, method, at, payment_hash, response) VALUES (?, ?, ?, ?, ?, ?)')
  const selectWaiting = database.prepare('SELECT event_id AS eventId, client, method FROM request WHERE payment_hash = ? AND response IS NULL')
  const updateResponse = database.prepare('UPDATE request SET response = ? WHERE event_id = ?')

  const makeInvoice = (account: number, params: { amount: number; description: string | null; expiry: number | null }, lock: { hash: string; blocks: number } | null, at: number): Done => {
    const description = params.description ?? ''
    if (params.amount === 0) return refuse('OTHER', 'This mint makes no invoices without an amount.')
    if (utf8ToBytes(description).length > MAX_DESCRIPTION_BYTES) return refuse('OTHER', `A description has at most ${MAX_DESCRIPTION_BYTES} bytes.`)
    if (lock !== null && lock.blocks > MAX_HOLD_BLOCKS) return refuse('OTHER', `A lock lasts ${MAX_HOLD_BLOCKS} blocks at most.`)
    const known = lock === null ? null : payments.findInvoice(lock.hash)
    if (known !== null) {
      const isOver = known.state === 'cancelled' || known.state === 'expired'
      const same = known.hold && known.payee === account && known.amountMsat === params.amount && !isOver
      return same ? { reply: { result: incomingTransaction(known) } } : refuse('OTHER', 'This payment hash was used before. Take a fresh preimage.')
    }
    const preimage = lock === null ? random.bytes(32) : null
    const paymentHash = lock?.hash ?? bytesToHex(sha256(preimage ?? new Uint8Array()))
    const expirySecs = params.expiry ?? DEFAULT_EXPIRY_SECS
    const amountMsat = params.amount as InvoiceRow['amountMsat']
    const bolt11 = encodeInvoice(
      { network: 'regtest', amountMsat, paymentHash, paymentSecret: bytesToHex(random.bytes(32)), description, createdAt: at, expirySecs, ...(lock === null ? {} : { minFinalCltvExpiry: lock.blocks }) },
      nodeKey,
    )
    const invoice: InvoiceRow = {
      paymentHash,
      payee: account,
      hold: lock !== null,
      holdSecs: lock === null ? null : lock.blocks * BLOCK_SECS,
      amountMsat,
      description,
      bolt11,
      preimage: preimage === null ? null : bytesToHex(preimage),
      state: 'open',
      createdAt: at,
      expiresAt: at + expirySecs,
      settledAt: null,
      heldUntil: null,
    }
    payments.addInvoice(invoice)
    return { reply: { result: incomingTransaction(invoice) } }
  }

  const payInvoice = (account: number, params: Extract<NwcRequest, { method: 'pay_invoice' }>['params'], at: number, faults: MintFaults): Done => {
    const decoded = decodeInvoice(params.invoice)
    if (!decoded.ok) return refuse('PAYMENT_FAILED', decoded.error.message)
    const invoice = payments.findInvoice(decoded.value.paymentHash)
    if (invoice === null || invoice.bolt11 !== decoded.value.bolt11) {
      return refuse('PAYMENT_FAILED', 'This is not an invoice of the sandbox. Play money buys only within it.')
    }
    if (params.amount !== null && params.amount !== invoice.amountMsat) return refuse('PAYMENT_FAILED', `This invoice is over ${invoice.amountMsat} msat, not ${params.amount}.`)

    const before = payments.findPayment(invoice.paymentHash, account)
    const isNew = before === null || before.state === 'failed'
    if (isNew && faults.pay === 'fail') {
      const reason = 'The sandbox was told to let payments fail.'
      payments.recordFailure(account, invoice, reason, at)
      return refuse('PAYMENT_FAILED', reason)
    }
    const later = isNew ? slowness(faults.pay, at) : undefined
    const maxFeeMsat = params.metadata?.max_fee_msat ?? null
    const result = payments.pay({ payer: account, invoice, maxFeeMsat, at, ...(later === undefined ? {} : { later }) })
    if (!result.ok) return refuse(result.refusal.code, result.refusal.message)
    const { payment, changes } = result
    if (payment.state === 'pending' && payment.calledFailed) return { ...refuse('PAYMENT_FAILED', 'No route was found.'), changes }
    if (payment.state === 'settled') return { reply: paid(payment), silent: faults.pay === 'response-lost', changes }
    const isSilent = isNew && (faults.pay === 'response-lost' || faults.pay === 'timeout-then-paid' || faults.pay === 'timeout-then-failed')
    return isSilent ? { silent: true, changes } : { waitsFor: invoice.paymentHash, changes }
  }

  const paid = (payment: PaymentRow): Reply => ({
    result: { preimage: payments.findInvoice(payment.paymentHash)?.preimage ?? null, fees_paid: payment.feeMsat },
  })

  const lookup = (account: number, hash: string | null, direction: 'incoming' | 'outgoing' | null): Done => {
    const invoice = hash === null ? null : payments.findInvoice(hash)
    const payment = hash === null ? null : payments.findPayment(hash, account)
    const found: WrittenTransaction | null =
      invoice === null
        ? null
        : invoice.payee === account && direction !== 'outgoing'
          ? incomingTransaction(invoice)
          : payment !== null && direction !== 'incoming'
            ? outgoingTransaction(invoice, payment)
            : null
    return found === null ? refuse('NOT_FOUND', 'This wallet knows no such payment.') : { reply: { result: found } }
  }

  /** A hold invoice of somebody else is as unknown as one that never was. */
  const onOwnHold = (account: number, paymentHash: string, at: number, fault: MintFaults['hold'], run: (resolveAt?: number) => HoldResult): Done => {
    if (payments.findInvoice(paymentHash)?.payee !== account) return refuse('NOT_FOUND', 'This wallet has no such hold invoice.')
    if (fault === 'fail') return refuse('OTHER', 'The sandbox was told to settle and cancel nothing.')
    if (fault === 'request-lost') return { silent: true }
    const result = fault === 'slow' ? run(at + SLOW_PAYMENT_SECS) : run()
    return result.ok ? { reply: { result: {} }, silent: fault === 'response-lost', changes: result.changes } : refuse('OTHER', result.reason)
  }

  const act = (account: number, body: NwcRequest, at: number, faults: MintFaults): Done => {
    switch (body.method) {
      case 'get_info':
        return { reply: { result: { alias: 'Souk sandbox', color: '#888888', pubkey: bytesToHex(compressedPublicKey(nodeKey)), network: 'regtest', block_height: blockHeightAt(at), block_hash: '0'.repeat(64), methods: NWC_METHODS, notifications: NWC_NOTIFICATIONS } } }
      case 'get_balance':
        return { reply: { result: { balance: ledger.balanceOf(account) } } }
      case 'make_invoice':
        return makeInvoice(account, body.params, null, at)
      case 'make_hold_invoice':
        return makeInvoice(account, body.params, { hash: body.params.payment_hash, blocks: body.params.min_cltv_expiry_delta ?? DEFAULT_HOLD_BLOCKS }, at)
      case 'pay_invoice':
        return payInvoice(account, body.params, at, faults)
      case 'lookup_invoice': {
        const decoded = body.params.invoice === null ? null : decodeInvoice(body.params.invoice)
        return lookup(account, body.params.payment_hash ?? (decoded?.ok === true ? decoded.value.paymentHash : null), body.params.type)
      }
      case 'list_transactions': {
        const { from, until, limit, offset, unpaid, type } = body.params
        const query = { account, from: from ?? 0, until: until ?? at, limit: limit ?? 20, offset: offset ?? 0, unpaid: unpaid ?? false, direction: type }
        return { reply: { result: { transactions: listTransactions(query) } } }
      }
      case 'settle_hold_invoice': {
        const paymentHash = hashOf(body.params.preimage)
        return onOwnHold(account, paymentHash, at, faults.hold, (resolveAt) => payments.settleHold(paymentHash, body.params.preimage, at, resolveAt))
      }
      case 'cancel_hold_invoice':
        return onOwnHold(account, body.params.payment_hash, at, faults.hold, (resolveAt) => payments.cancelHold(body.params.payment_hash, at, resolveAt))
    }
  }

  /** What the changes give others to know: the payer that waits gets its answer, both wallets a notification. */
  const spread = (changes: readonly Change[], outgoing: { answers: Outgoing['answers'][number][]; notifications: Outgoing['notifications'][number][] }) => {
    for (const { type, paymentHash, payer, payee } of changes) {
      const invoice = payments.findInvoice(paymentHash)
      const payment = payments.findPayment(paymentHash, payer)
      if (invoice === null || payment === null) continue
      const notify = (account: number, notification_type: NwcNotification, notification: WrittenTransaction) =>
        outgoing.notifications.push({ client: ledger.clientOf(account), body: JSON.stringify({ notification_type, notification }) })
      const [received, sent] = NOTIFICATIONS[type]
      if (type !== 'returned' || invoice.hold) notify(payee, received, incomingTransaction(invoice))
      notify(payer, sent, outgoingTransaction(invoice, payment))
      if (type === 'held') continue
      const reply = type === 'settled' ? paid(payment) : { error: { code: 'PAYMENT_FAILED' as const, message: payment.failure ?? 'The money was returned.' } }
      for (const waiting of selectWaiting.all(paymentHash)) {
        const body = writeReply(String(waiting['method']), reply)
        updateResponse.run(body, String(waiting['eventId']))
        outgoing.answers.push({ eventId: String(waiting['eventId']), client: String(waiting['client']), body })
      }
    }
  }

  return {
    handle({ eventId, client, createdAt, expiresAt, body }, at, faults) {
      return inTransaction(database, () => {
        const known = selectRequest.get(eventId)
        if (known !== undefined) {
          const response = known['response']
          return { answers: typeof response === 'string' ? [{ eventId, client, body: response }] : [], notifications: [] }
        }
        const late = (expiresAt !== null && expiresAt <= at) || createdAt < at - MAX_MESSAGE_AGE_SECS || createdAt > at + MAX_MESSAGE_AHEAD_SECS
        if (late) return null

        const outgoing = { answers: [], notifications: [] } as Parameters<typeof spread>[1]
        spread(payments.applyDue(at), outgoing)
        const account = ledger.openAccount(client, at)
        const done = account === null ? refuse('RESTRICTED', 'The sandbox takes no more wallets.') : act(account, body, at, faults)
        const response = done.reply === undefined ? null : writeReply(body.method, done.reply)
        if (changesBooks(body)) insertRequest.run(eventId, client, body.method, at, done.waitsFor ?? null, response)
        if (response !== null && done.silent !== true) outgoing.answers.push({ eventId, client, body: response })
        spread(done.changes ?? [], outgoing)
        return outgoing
      })
    },
    applyDue(at) {
      const outgoing = { answers: [], notifications: [] } as Parameters<typeof spread>[1]
      inTransaction(database, () => spread(payments.applyDue(at), outgoing))
      return outgoing
    },
  }
}

/** What the payee is told of a change, and the payer. */
const NOTIFICATIONS: Readonly<Record<Change['type'], readonly [NwcNotification, NwcNotification]>> = {
  held: ['hold_invoice_accepted', 'hold_invoice_accepted'],
  settled: ['payment_received', 'payment_sent'],
  returned: ['hold_invoice_canceled', 'payment_failed'],
}

function slowness(fault: MintFaults['pay'], at: number): PayCommand['later'] {
  switch (fault) {
    case 'timeout-then-paid':
      return { resolveAt: at + SLOW_PAYMENT_SECS, to: 'settled' }
    case 'timeout-then-failed':
      return { resolveAt: at + SLOW_PAYMENT_SECS, to: 'failed' }
    case 'pending':
      return { resolveAt: at + PENDING_PAYMENT_SECS, to: 'settled' }
    case 'failed-then-paid':
      return { resolveAt: at + SLOW_PAYMENT_SECS, to: 'settled', calledFailed: true }
    case 'ok':
    case 'fail':
    case 'response-lost':
      return undefined
  }
}

/** Only these are remembered: to answer one of the others a second time changes nothing. */
function changesBooks(body: NwcRequest): boolean {
  return body.method !== 'get_info' && body.method !== 'get_balance' && body.method !== 'lookup_invoice' && body.method !== 'list_transactions'
}

function refuse(code: ErrorCode, message: string): Done {
  return { reply: { error: { code, message } } }
}

function writeReply(method: string, reply: Reply): string {
  return JSON.stringify({ result_type: method, error: null, result: null, ...reply })
}
