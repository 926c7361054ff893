/**
 * Every call of the SDK that is made, with its arguments written out: one of a wrong type throws outside the promise, which
 * then never settles (PROTOCOL.md §7).
 */
import type { PrepareSendPaymentResponse, ReceivePaymentMethod, SendPaymentMethod, SendPaymentOptions } from '@breeztech/breez-sdk-spark/nodejs'
import { sparkPaymentSchema, type SparkMethod, type SparkParams, type SparkPayment, type SparkQuote, type SparkResult } from './protocol.ts'
import type { OperatorTraffic, SdkPayment, SdkSession } from './sdk.ts'
import { flattenDeposit, flattenPayment } from './sdkPayment.ts'

export type SdkCalls = { readonly [Method in Exclude<SparkMethod, 'connect' | 'ping'>]: (params: SparkParams<Method>) => Promise<SparkResult<Method>> }

/** A prepared payment is asked for once more when it was pushed out. */
const MAX_QUOTES = 50

export function createSdkCalls(session: SdkSession, traffic: () => OperatorTraffic): SdkCalls {
  const quotes = new Map<number, PrepareSendPaymentResponse>()
  let lastQuote = 0
  const receive = async (paymentMethod: ReceivePaymentMethod) => (await session.receivePayment({ paymentMethod })).paymentRequest
  const onlyPayment = ({ payment }: { readonly payment: SdkPayment }) => ({ payment: flattenPayment(payment) })

  return {
    async sync() {
      const before = traffic()
      await session.syncWallet({})
      const after = traffic()
      // Where no request was ever seen, requests go another way than is watched here, and the event is all there is.
      const isUnwatched = after.answered + after.failed === 0
      return { isFresh: isUnwatched || (after.answered > before.answered && after.failed === before.failed) }
    },
    async balance() {
      const { balanceSats, identityPubkey } = await session.getInfo({})
      return { balanceSats, identityPubkey }
    },
    async list({ type, onlyWaitingLocks, limit, offset }) {
      const { payments } = await session.listPayments({
        limit,
        offset,
        assetFilter: { type: 'bitcoin' },
        ...(type === null ? {} : { typeFilter: [type] }),
        ...(onlyWaitingLocks
          ? {
              statusFilter: ['pending'],
              paymentDetailsFilter: [
                { type: 'spark', htlcStatus: ['waitingForPreimage'] },
                { type: 'lightning', htlcStatus: ['waitingForPreimage'] },
              ],
            }
          : {}),
      })
      // Tokens count in units of their own, and anybody may send some.
      const ofBitcoin = payments.filter(({ method }) => method !== 'token')
      const readable = ofBitcoin.flatMap(readOne)
      return { payments: readable, count: payments.length, unreadable: ofBitcoin.length - readable.length }
    },
    async invoice({ amountSats, description, expirySecs, paymentHash }) {
      return { bolt11: await receive({ type: 'bolt11Invoice', amountSats, description, expirySecs, ...(paymentHash === null ? {} : { paymentHash }) }) }
    },
    async sparkAddress() {
      return { address: await receive({ type: 'sparkAddress' }) }
    },
    async depositAddress() {
      return { address: await receive({ type: 'bitcoinAddress' }) }
    },
    async lightningAddress() {
      const registered = await session.getLightningAddress()
      return { address: registered?.lightningAddress ?? null }
    },
    async parse({ input }) {
      const parsed = await session.parse(input)
      return { type: parsed.type, network: 'network' in parsed && typeof parsed.network === 'string' ? parsed.network : null }
    },
    async prepare({ input, amountSats }) {
      const prepared = await session.prepareSendPayment({ paymentRequest: { type: 'input', input }, ...(amountSats === null ? {} : { amount: amountSats }) })
      const fees = feesOf(prepared.paymentMethod)
      const quoteId = ++lastQuote
      quotes.set(quoteId, prepared)
      for (const oldest of quotes.keys()) if (quotes.size > MAX_QUOTES) quotes.delete(oldest)
      return { quoteId, amountSats: prepared.amount, ...fees }
    },
    async send({ quoteId, idempotencyKey, options }) {
      const prepareResponse = quotes.get(quoteId)
      if (prepareResponse === undefined) throw new QuoteGone()
      return onlyPayment(await session.sendPayment({ prepareResponse, options: sendOptions(options), idempotencyKey }))
    },
    claim: async ({ preimage }) => onlyPayment(await session.claimHtlcPayment({ preimage })),
    async deposits() {
      const { deposits } = await session.listUnclaimedDeposits({})
      return { deposits: deposits.map(flattenDeposit) }
    },
    claimDeposit: async ({ txId, vout, maxFeeSats }) => onlyPayment(await session.claimDeposit({ txid: txId, vout, maxFee: { type: 'fixed', amount: maxFeeSats } })),
    async sign({ message }) {
      const { pubkey, signature } = await session.signMessage({ message, compact: true })
      return { pubkey, signature }
    },
    async disconnect() {
      await session.disconnect()
      return {}
    },
  }
}

/** One that is not as the SDK's types say takes none of the others with it. */
function readOne(payment: SdkPayment): readonly SparkPayment[] {
  try {
    return [sparkPaymentSchema.parse(flattenPayment(payment))]
  } catch {
    return []
  }
}

/** Prepared by a worker that is gone, or too long ago: nothing was sent. */
export class QuoteGone extends Error {
  override readonly name = 'QuoteGone'
}

function feesOf(method: SendPaymentMethod): Pick<SparkQuote, 'kind' | 'feeSats' | 'onchain'> {
  switch (method.type) {
    case 'bolt11Invoice':
      return { kind: method.type, feeSats: method.lightningFeeSats, onchain: null }
    case 'sparkAddress':
      return { kind: method.type, feeSats: Number(method.fee), onchain: null }
    case 'bitcoinAddress': {
      const { expiresAt, speedFast, speedMedium, speedSlow } = method.feeQuote
      const total = ({ userFeeSat, l1BroadcastFeeSat }: typeof speedFast) => userFeeSat + l1BroadcastFeeSat
      return { kind: method.type, feeSats: null, onchain: { expiresAt, fastSats: total(speedFast), mediumSats: total(speedMedium), slowSats: total(speedSlow) } }
    }
    case 'sparkInvoice':
    case 'crossChainAddress':
      throw new Error('Invalid input: nothing that is paid here')
  }
}

function sendOptions(options: SparkParams<'send'>['options']): SendPaymentOptions {
  switch (options.kind) {
    case 'bolt11Invoice':
      // A payment that Spark carries itself gives no preimage, which is the proof of payment.
      return { type: 'bolt11Invoice', preferSpark: false, completionTimeoutSecs: options.waitSecs }
    case 'lock':
      return { type: 'sparkAddress', htlcOptions: { paymentHash: options.paymentHash, expiryDurationSecs: options.expirySecs } }
    case 'bitcoinAddress':
      return { type: 'bitcoinAddress', confirmationSpeed: options.speed }
  }
}
