/**
 * An SDK without WASM and operators, with every trap of PROTOCOL.md §7: it resolves without a network, hangs, throws outside
 * its promises, pushes no lock to its receiver, refuses a second claim, checks no invoice, and loses answers when told to.
 */
import { createHash, randomBytes } from 'node:crypto'
import type { InputType, PrepareSendPaymentResponse, SdkEvent, SendOnchainFeeQuote, SendPaymentRequest, SparkHtlcStatus } from '@breeztech/breez-sdk-spark/nodejs'
import { sats } from '#shared/market/msat.ts'
import { decodeInvoice, encodeInvoice } from '#shared/protocol/bolt11.ts'
import type { LoadedSdk, SdkPayment, SdkSession } from '../sdk.ts'
import { feeOf, showTransfer, type StandInAccount, type StandInLedger, type StandInTransfer } from './standInLedger.ts'

/** What goes wrong with a call: before it did anything, or after. `crash` ends the thread. */
export type StandInFault = 'hang' | 'hang-after' | 'crash' | 'crash-after' | 'error' | 'error-after'
export type StandInMethod = keyof SdkSession
export type BadInvoice = 'other-amount' | 'other-hash' | 'other-network' | 'short'

/** One wallet's temper and what its storage knows; both outlive its threads. */
export interface StandInTemper {
  isOnline: boolean
  /** Events come twice and the wrong way round. */
  isNoisy: boolean
  nextInvoice: BadInvoice | null
  /** `pending`: stays so until `settlePending`. `denied`: paid, and called failed until the second sync. */
  nextSend: 'pending' | 'denied' | null
  /** A claim is shared at once and settled by the next sync. */
  slowClaims: boolean
  /** A kill takes what its storage knows. */
  isForgetful: boolean
  readonly faults: Map<StandInMethod, StandInFault[]>
  readonly stored: Map<string, SdkPayment>
  knownBalanceSats: number
  readonly sessions: Set<(event: SdkEvent) => void>
  readonly calls: StandInMethod[]
}

export const createTemper = (): StandInTemper => ({ isOnline: true, isNoisy: false, nextInvoice: null, nextSend: null, slowClaims: false, isForgetful: false, faults: new Map(), stored: new Map(), knownBalanceSats: 0, sessions: new Set(), calls: [] })

const NODE_KEY = createHash('sha256').update('the stand-in’s node').digest()
const NO_NETWORK = 'SparkSdkError: Operator RPC error: Connection error: status: Unknown, message: "js api error: TypeError: fetch failed"'
const never = () => new Promise<never>(() => {})

export interface StandInParts {
  readonly ledger: StandInLedger
  readonly temperOf: (account: StandInAccount) => StandInTemper
}

export function createStandInSdk({ ledger, temperOf }: StandInParts, crash: (error: Error) => void): LoadedSdk {
  const traffic = { answered: 0, failed: 0 }
  return {
    traffic: () => ({ ...traffic }),
    connect({ phrase }) {
      const account = ledger.account(phrase)
      return Promise.resolve(createSession(account, temperOf(account)))
    },
  }

  function createSession(account: StandInAccount, temper: StandInTemper): SdkSession {
    /** Runs a call as its temper has it. A wrong type never gets that far. */
    const call = async <T>(method: StandInMethod, isTyped: boolean, work: () => T, needsNetwork = false): Promise<T> => {
      temper.calls.push(method)
      if (!isTyped) {
        crash(new Error('Error: invalid type'))
        return never()
      }
      await Promise.resolve()
      const fault = temper.faults.get(method)?.shift()
      if (fault === 'hang') return never()
      if (fault === 'error') throw new Error(NO_NETWORK)
      if (fault === 'crash') {
        crash(new Error('thrown outside the promise'))
        return never()
      }
      if (needsNetwork) {
        traffic[temper.isOnline ? 'answered' : 'failed'] += 1
        if (!temper.isOnline) throw new Error(NO_NETWORK)
      }
      const result = work()
      // What was done without an answer is in no storage either, until the next sync.
      if (fault !== undefined) temper.stored.clear()
      if (fault === 'crash-after') crash(new Error('thrown outside the promise'))
      if (fault === 'error-after') throw new Error(NO_NETWORK)
      return fault === undefined ? result : never()
    }

    const emit = (to: StandInTemper, event: SdkEvent) => {
      for (const listener of to.sessions) {
        if (to.isNoisy) queueMicrotask(() => queueMicrotask(() => listener(event)))
        queueMicrotask(() => listener(event))
      }
    }
    /** Push, to those who get it. */
    const push = (to: StandInAccount, transfer: StandInTransfer) => {
      const other = temperOf(to)
      if (!other.isOnline) return
      const payment = showTransfer(transfer, to)
      other.stored.set(payment.id, payment)
      emit(other, { type: payment.status === 'failed' ? 'paymentFailed' : payment.status === 'pending' ? 'paymentPending' : 'paymentSucceeded', payment })
    }
    const store = (transfer: StandInTransfer) => {
      const payment = showTransfer(transfer, account)
      temper.stored.set(payment.id, payment)
      return payment
    }
    const sync = () => {
      traffic[temper.isOnline ? 'answered' : 'failed'] += 1
      if (!temper.isOnline) return
      ledger.returnExpired()
      for (const transfer of ledger.transfers.values()) {
        if (transfer.from !== account && transfer.to !== account) continue
        if (transfer.state === 'shared' && transfer.to === account) ledger.complete(transfer, transfer.preimage)
        store(transfer)
        if (transfer.from === account && transfer.deniedTimes > 0) transfer.deniedTimes -= 1
      }
      temper.knownBalanceSats = account.balanceSats
      emit(temper, { type: 'synced' })
    }

    const makeInvoice = (amountSats: number, description: string, expirySecs: number, paymentHash: string | undefined) => {
      const bad = temper.nextInvoice
      temper.nextInvoice = null
      const preimage = randomBytes(32).toString('hex')
      const ownHash = createHash('sha256').update(Buffer.from(preimage, 'hex')).digest('hex')
      const hash = paymentHash === undefined || bad === 'other-hash' ? ownHash : paymentHash
      const seconds = bad === 'short' ? 1 : expirySecs
      const createdAt = ledger.nowSecs()
      const bolt11 = encodeInvoice({ network: bad === 'other-network' ? 'mainnet' : 'regtest', amountMsat: sats(amountSats + (bad === 'other-amount' ? 1 : 0)), paymentHash: hash, paymentSecret: randomBytes(32).toString('hex'), description, createdAt, expirySecs: seconds }, NODE_KEY)
      ledger.invoices.set(hash, { bolt11, payee: account, amountSats, description, expiresAt: createdAt + seconds, preimage: paymentHash === undefined ? preimage : null })
      return bolt11
    }

    const send = ({ prepareResponse, options, idempotencyKey }: SendPaymentRequest): SdkPayment => {
      const id = idempotencyKey ?? randomBytes(16).toString('hex')
      const before = temper.stored.get(id)
      if (before !== undefined) return before
      const amountSats = Number(prepareResponse.amount)
      const method = prepareResponse.paymentMethod
      const feeSats = method.type === 'bolt11Invoice' ? method.lightningFeeSats : 0
      if (account.balanceSats < amountSats + feeSats) throw new Error('Insufficient funds')
      // The operators know the transfer by its id, whatever the wallet forgot.
      if (ledger.transfers.has(id)) throw new Error('SparkSdkError: Operator RPC error: status: AlreadyExists')
      const common = { id, from: account, amountSats, feeSats, state: 'waiting' as const, preimage: null }
      if (method.type === 'sparkAddress' && options?.type === 'sparkAddress' && options.htlcOptions !== undefined) {
        const { paymentHash, expiryDurationSecs } = options.htlcOptions
        return store(ledger.begin({ ...common, kind: 'lock', to: ledger.accountAt(method.address), paymentHash, invoice: null, expiresAt: ledger.nowSecs() + expiryDurationSecs }))
      }
      if (method.type === 'bitcoinAddress') return store(ledger.begin({ ...common, kind: 'withdraw', to: null, feeSats: feeAtSpeed(method.feeQuote, options), state: 'completed', paymentHash: null, invoice: null, expiresAt: 0 }))
      if (method.type !== 'bolt11Invoice') throw new Error('Invalid input: nothing that is paid here')
      return store(sendLightning(common, method.invoiceDetails.paymentHash))
    }

    const sendLightning = (common: Pick<StandInTransfer, 'id' | 'from' | 'amountSats' | 'feeSats' | 'preimage'> & { readonly state: 'waiting' }, paymentHash: string) => {
      const invoice = ledger.invoices.get(paymentHash)
      if (invoice === undefined || invoice.expiresAt <= ledger.nowSecs()) throw new Error('SparkSdkError: Service error: no route to the payee')
      const isTaken = [...ledger.transfers.values()].some((transfer) => transfer.paymentHash === paymentHash && transfer.state !== 'returned' && transfer.state !== 'failed')
      if (isTaken) throw new Error('SparkSdkError: Service error: the invoice is paid already')
      const how = temper.nextSend
      temper.nextSend = null
      const transfer = ledger.begin({ ...common, kind: 'lightning', to: invoice.payee, paymentHash, invoice, expiresAt: ledger.nowSecs() + 16 * 86_400 })
      if (how === 'denied') transfer.deniedTimes = 2
      // The receiver of what is held hears nothing of it.
      if (invoice.preimage === null || how === 'pending') return transfer
      ledger.complete(transfer, invoice.preimage)
      push(invoice.payee, transfer)
      return transfer
    }

    const claim = (preimage: string): SdkPayment => {
      const paymentHash = createHash('sha256').update(Buffer.from(preimage, 'hex')).digest('hex')
      ledger.returnExpired()
      const held = [...ledger.transfers.values()].find((transfer) => transfer.to === account && transfer.paymentHash === paymentHash && transfer.state === 'waiting' && transfer.expiresAt > ledger.nowSecs())
      if (held === undefined) throw new Error('Invalid input: No claimable HTLC with the given payment hash')
      if (temper.slowClaims) Object.assign(held, { state: 'shared', preimage })
      else ledger.complete(held, preimage)
      // Lightning is polled for; a lock's sender has to look.
      if (held.kind === 'lightning' && held.from !== null) push(held.from, held)
      return store(held)
    }

    if (temper.isOnline) queueMicrotask(sync)
    return {
      addEventListener: ({ onEvent }) => call('addEventListener', true, () => String(temper.sessions.add(onEvent).size)),
      getInfo: (request) => call('getInfo', isObject(request), () => ({ identityPubkey: account.identity, balanceSats: temper.knownBalanceSats, tokenBalances: new Map() })),
      signMessage: ({ message }) => call('signMessage', typeof message === 'string', () => ({ pubkey: account.identity, signature: createHash('sha256').update(account.identity).update(message).digest('hex') })),
      parse: (input) => call('parse', typeof input === 'string', () => parseInput(input)),
      syncWallet: (request) => call('syncWallet', isObject(request), () => (sync(), {})),
      listPayments: ({ typeFilter, statusFilter, paymentDetailsFilter, limit = 1_000, offset = 0 }) =>
        call('listPayments', Number.isSafeInteger(limit) && Number.isSafeInteger(offset), () => {
          const wanted = paymentDetailsFilter?.map((filter) => `${filter.type} ${'htlcStatus' in filter ? String(filter.htlcStatus) : ''}`)
          const htlcOf = ({ details }: SdkPayment): SparkHtlcStatus | undefined => (details?.type === 'lightning' || details?.type === 'spark' ? details.htlcDetails?.status : undefined)
          const fits = (payment: SdkPayment) =>
            (typeFilter?.includes(payment.paymentType) ?? true) && (statusFilter?.includes(payment.status) ?? true) && (wanted?.includes(`${payment.details?.type} ${htlcOf(payment)}`) ?? true)
          const payments = [...temper.stored.values()].filter(fits).toSorted((a, b) => b.timestamp - a.timestamp)
          return { payments: payments.slice(offset, offset + limit) }
        }),
      receivePayment: ({ paymentMethod }) =>
        call('receivePayment', isReceivable(paymentMethod), () => {
          const answer = (paymentRequest: string) => ({ paymentRequest, fee: 0n })
          if (paymentMethod.type === 'bitcoinAddress') return answer(`bcrt1q${account.identity.slice(2, 40)}`)
          if (paymentMethod.type !== 'bolt11Invoice') return answer(account.address)
          return answer(makeInvoice(paymentMethod.amountSats ?? 0, paymentMethod.description, paymentMethod.expirySecs ?? 3_600, paymentMethod.paymentHash))
        }, true),
      prepareSendPayment: ({ paymentRequest, amount }) => {
        const input = isObject(paymentRequest) && paymentRequest.type === 'input' ? paymentRequest.input : null
        const isTyped = input !== null && (amount === undefined || typeof amount === 'bigint')
        return call('prepareSendPayment', isTyped, () => prepare(input ?? '', amount ?? 0n, ledger.nowSecs()), input?.startsWith('spark') !== true)
      },
      sendPayment: (request) => call('sendPayment', isObject(request.prepareResponse) && typeof request.prepareResponse.amount === 'bigint', () => ({ payment: send(request) }), true),
      claimHtlcPayment: ({ preimage }) => call('claimHtlcPayment', typeof preimage === 'string', () => ({ payment: claim(preimage) }), true),
      listUnclaimedDeposits: (request) => call('listUnclaimedDeposits', isObject(request), () => ({ deposits: [...account.deposits.values()] })),
      claimDeposit: ({ txid, vout, maxFee }) =>
        call('claimDeposit', typeof txid === 'string' && Number.isSafeInteger(vout), () => {
          const deposit = account.deposits.get(`${txid}:${vout}`)
          if (deposit === undefined) throw new Error(`Missing utxo: ${txid}:${vout}`)
          const allowed = maxFee?.type === 'fixed' ? maxFee.amount : 0
          if (allowed < DEPOSIT_FEE_SATS) throw new Error(`Max deposit claim fee exceeded for utxo: ${txid}:${vout} with max fee: Some(Fixed { amount: ${allowed} }) and required fee: ${DEPOSIT_FEE_SATS} sats or 1 sats/vbyte`)
          account.deposits.delete(`${txid}:${vout}`)
          const transfer = ledger.begin({ id: txid, kind: 'deposit', from: null, to: account, amountSats: deposit.amountSats - DEPOSIT_FEE_SATS, feeSats: DEPOSIT_FEE_SATS, paymentHash: null, invoice: null, expiresAt: 0, state: 'completed', preimage: null })
          return { payment: store(transfer) }
        }, true),
      getLightningAddress: () => call('getLightningAddress', true, () => undefined),
      disconnect: () => call('disconnect', true, () => temper.sessions.clear()),
    }
  }
}

export const DEPOSIT_FEE_SATS = 99

/** What was quoted for the speed that is asked for. */
function feeAtSpeed({ speedFast, speedMedium, speedSlow }: SendOnchainFeeQuote, options: SendPaymentRequest['options']): number {
  const speed = options?.type === 'bitcoinAddress' ? options.confirmationSpeed : 'fast'
  return { fast: speedFast, medium: speedMedium, slow: speedSlow }[speed].userFeeSat
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

function isReceivable(method: Parameters<SdkSession['receivePayment']>[0]['paymentMethod']): boolean {
  return isObject(method) && (method.type !== 'bolt11Invoice' || (Number.isSafeInteger(method.amountSats) && typeof method.description === 'string'))
}

function parseInput(input: string): InputType {
  const source = {}
  if (/^spark(rt)?1/.test(input)) return { type: 'sparkAddress', address: input, identityPublicKey: '', network: input.startsWith('sparkrt1') ? 'regtest' : 'bitcoin', source }
  if (/^(bcrt1|bc1)/.test(input)) return { type: 'bitcoinAddress', address: input, network: input.startsWith('bcrt1') ? 'regtest' : 'bitcoin', source }
  throw new Error('Invalid input: not recognised')
}

function prepare(input: string, amount: bigint, nowSecs: number): PrepareSendPaymentResponse {
  if (input.startsWith('spark')) return { paymentMethod: { type: 'sparkAddress', address: input, fee: '0' }, amount, feePolicy: 'feesExcluded' }
  if (input.startsWith('bcrt1')) {
    const speed = (userFeeSat: number) => ({ userFeeSat, l1BroadcastFeeSat: 0 })
    const feeQuote = { id: 'quote', expiresAt: nowSecs + 60, speedFast: speed(300), speedMedium: speed(200), speedSlow: speed(150) }
    return { paymentMethod: { type: 'bitcoinAddress', address: { address: input, network: 'regtest', source: {} }, feeQuote }, amount, feePolicy: 'feesExcluded' }
  }
  const decoded = decodeInvoice(input)
  if (!decoded.ok || decoded.value.amountMsat === null) throw new Error('Invalid input: not an invoice')
  const { paymentHash, amountMsat, description } = decoded.value
  const amountSats = Math.ceil(amountMsat / 1_000)
  const invoiceDetails = { amountMsat, description, expiry: decoded.value.expirySecs, invoice: { bolt11: input, source: {} }, minFinalCltvExpiryDelta: 18, network: 'regtest' as const, payeePubkey: decoded.value.payee, paymentHash, paymentSecret: '', routingHints: [], timestamp: decoded.value.createdAt }
  return { paymentMethod: { type: 'bolt11Invoice', invoiceDetails, lightningFeeSats: feeOf(amountSats) }, amount: BigInt(amountSats), feePolicy: 'feesExcluded' }
}
