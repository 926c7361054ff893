/** The worker's side: answers requests one by one with what the SDK says, and passes its events on. */
import { safeParse } from '#shared/safeParse.ts'
import { SPARK_METHODS, sparkRequestSchema, type SparkError, type SparkMessage, type SparkMethod } from './protocol.ts'
import type { LoadedSdk, SdkPaymentEvent } from './sdk.ts'
import { createSdkCalls, QuoteGone, type SdkCalls } from './sdkCalls.ts'
import { describeSdkError, flattenPayment } from './sdkPayment.ts'

/** What to do with a message; `load` is called by the first `connect`, and the SDK is not in memory before. */
export function serveSdk(load: () => LoadedSdk, post: (message: SparkMessage) => void): (message: unknown) => Promise<void> {
  let calls: Promise<SdkCalls> | null = null

  async function connect(params: unknown): Promise<SdkCalls> {
    const connection = SPARK_METHODS.connect.params.parse(params)
    const sdk = load()
    const session = await sdk.connect(connection)
    await session.addEventListener({ onEvent: (event) => passOn(event, post) })
    return createSdkCalls(session, () => sdk.traffic())
  }

  async function answer(method: SparkMethod, params: unknown): Promise<unknown> {
    if (method === 'ping') return {}
    if (method === 'connect') {
      await (calls ??= connect(params))
      return {}
    }
    if (calls === null) throw new Error('not connected')
    const call = (await calls)[method] as (params: unknown) => Promise<unknown>
    return call(SPARK_METHODS[method].params.parse(params))
  }

  return async (message) => {
    const request = safeParse(sparkRequestSchema, message)
    if (!request.success) return
    const { id, method, params } = request.data
    try {
      if (!isMethod(method)) throw new Error('no such call')
      post({ id, value: await answer(method, params) })
    } catch (error) {
      post({ id, error: describe(method, params, error) })
    }
  }
}

function isMethod(method: string): method is SparkMethod {
  return Object.hasOwn(SPARK_METHODS, method)
}

function describe(method: string, params: unknown, error: unknown): SparkError {
  if (error instanceof QuoteGone) return { code: 'no-quote', message: 'The prepared payment is gone.', requiredFeeSats: null }
  // What is wrong with a phrase or a key may quote it.
  if (method === 'connect' && mayQuote(params, String(error))) return { code: 'invalid-input', message: 'The phrase or the API key was not taken.', requiredFeeSats: null }
  return describeSdkError(error)
}

/** Whether a text holds the API key, or words of the phrase as they follow each other, or speaks of either. */
function mayQuote(params: unknown, text: string): boolean {
  const connection = safeParse(SPARK_METHODS.connect.params, params)
  if (!connection.success || /mnemonic|seed|phrase/i.test(text)) return true
  const { phrase, apiKey } = connection.data
  const words = phrase.split(' ')
  return (apiKey !== null && apiKey !== '' && text.includes(apiKey)) || words.some((word, index) => index > 0 && text.includes(`${words[index - 1]} ${word}`))
}

function passOn(event: SdkPaymentEvent, post: (message: SparkMessage) => void): void {
  switch (event.type) {
    case 'synced':
      post({ event: { type: 'synced' } })
      break
    case 'paymentSucceeded':
    case 'paymentPending':
    case 'paymentFailed':
      post({ event: { type: 'payment', paymentHash: flattenPayment(event.payment).paymentHash } })
      break
    case 'unclaimedDeposits':
    case 'claimedDeposits':
    case 'newDeposits':
      post({ event: { type: 'deposits' } })
      break
    case 'autoOptimization':
    case 'lightningAddressChanged':
      break
  }
}
