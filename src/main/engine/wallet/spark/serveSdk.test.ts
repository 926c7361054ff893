import { expect, test } from 'vitest'
import { createManualClock } from '../../testing/manualClock.ts'
import type { SparkMessage } from './protocol.ts'
import { serveSdk } from './serveSdk.ts'
import { pickPayment, readPayment } from './sparkPayment.ts'
import { createStandInLedger } from './testing/standInLedger.ts'
import { createStandInSdk, createTemper } from './testing/standInSdk.ts'
import { isUuid, uuidOf } from './uuid.ts'

function createWorker() {
  const ledger = createStandInLedger(createManualClock())
  const temper = createTemper()
  const crashes: string[] = []
  const posted: SparkMessage[] = []
  const sdk = createStandInSdk({ ledger, temperOf: () => temper }, (error) => void crashes.push(error.message))
  let loads = 0
  const load = () => {
    loads += 1
    return sdk
  }
  const serve = serveSdk(load, (message) => void posted.push(message))
  return { sdk, temper, crashes, posted, serve, loads: () => loads }
}
const CONNECTION = { network: 'regtest' as const, apiKey: null, phrase: 'a phrase', folder: '/nowhere' }

test('what has the wrong type is answered with an error, and never gets to the SDK', async () => {
  const { crashes, posted, serve, temper } = createWorker()
  await serve({ id: 1, method: 'connect', params: CONNECTION })
  const before = temper.calls.length
  const wrong = [
    { id: 2, method: 'prepare', params: { input: 'sparkrt1x', amountSats: 10 } },
    { id: 3, method: 'invoice', params: { amountSats: 10.5, description: '', expirySecs: 60, paymentHash: null } },
    { id: 4, method: 'claim', params: { preimage: 'zz' } },
    { id: 5, method: 'list', params: {} },
    { id: 6, method: 'constructor', params: {} },
    { id: 7, method: 'send', params: { quoteId: 1, idempotencyKey: 'no UUID', options: { kind: 'bolt11Invoice', waitSecs: 1 } } },
    { id: 8, method: 'send', params: { quoteId: 99, idempotencyKey: uuidOf('x'), options: { kind: 'bolt11Invoice', waitSecs: 1 } } },
  ]
  for (const message of [...wrong, null, 'text', { id: -1, method: 'ping' }]) await serve(message)
  expect(posted.filter((message) => 'id' in message && message.id > 1).map((message) => 'error' in message)).toEqual(wrong.map(() => true))
  expect(posted.at(-1)).toMatchObject({ error: { code: 'no-quote' } })
  expect(temper.calls.length).toBe(before)
  expect(crashes).toEqual([])
})

test('the trap itself: the SDK throws outside the promise, which never settles', async () => {
  const { sdk, crashes } = createWorker()
  const session = await sdk.connect(CONNECTION)
  let settled = 0
  for (const call of [
    () => session.getInfo(undefined as never),
    () => session.prepareSendPayment({ paymentRequest: { type: 'input', input: 'sparkrt1x' }, amount: 10 as never }),
    () => session.receivePayment({ paymentMethod: { type: 'bolt11Invoice', description: '', amountSats: 10.5 } }),
  ]) {
    void call().finally(() => (settled += 1))
  }
  await new Promise<void>((resolve) => void setImmediate(resolve))
  expect(crashes).toHaveLength(3)
  expect(settled).toBe(0)
})

test('the SDK is loaded by the first connection, once, and no call is made before it', async () => {
  const { posted, serve, loads } = createWorker()
  await serve({ id: 1, method: 'ping', params: {} })
  await serve({ id: 2, method: 'balance', params: {} })
  expect(loads()).toBe(0)
  expect(posted).toMatchObject([{ id: 1, value: {} }, { id: 2, error: { code: 'other' } }])
  await Promise.all([serve({ id: 3, method: 'connect', params: CONNECTION }), serve({ id: 4, method: 'connect', params: CONNECTION })])
  expect(loads()).toBe(1)
})

test('an error tells neither a phrase nor what may be a preimage', async () => {
  const posted: SparkMessage[] = []
  const serve = serveSdk(
    () => ({ traffic: () => ({ answered: 0, failed: 0 }), connect: () => Promise.reject(new Error('Invalid mnemonic: legal winner thank')) }),
    (message) => void posted.push(message),
  )
  await serve({ id: 1, method: 'connect', params: CONNECTION })
  expect(JSON.stringify(posted)).not.toContain('winner')
  const { posted: answers, serve: ask } = createWorker()
  await ask({ id: 1, method: 'connect', params: CONNECTION })
  await ask({ id: 2, method: 'claimDeposit', params: { txId: 'ab'.repeat(32), vout: 0, maxFeeSats: 1 } })
  expect(JSON.stringify(answers.at(-1))).not.toContain('abab')
})

test.each(['unknown words: legal winner thank', 'the service does not know the key MIIB-secret-key'])('an error at the connection that says “%s” tells no part of a phrase and no API key', async (text) => {
  const posted: SparkMessage[] = []
  const serve = serveSdk(
    () => ({ traffic: () => ({ answered: 0, failed: 0 }), connect: () => Promise.reject(new Error(text)) }),
    (message) => void posted.push(message),
  )
  await serve({ id: 1, method: 'connect', params: { ...CONNECTION, phrase: 'legal winner thank year wave sausage', apiKey: 'MIIB-secret-key' } })
  expect(posted).toMatchObject([{ id: 1, error: {} }])
  expect(JSON.stringify(posted)).not.toMatch(/winner|secret-key/)
})

test('a UUID is itself, and any other key is one for ever', () => {
  const own = '0a6d6b2e-5f1a-4c0c-9f4a-3f0d9a0c7e11'
  expect(uuidOf(own.toUpperCase())).toBe(own)
  // In every version to come: another one would pay a second time.
  expect(uuidOf('job 1')).toBe('b0c7e527-995e-4143-8cbe-6d80a5072306')
  expect(isUuid(uuidOf('job 1'))).toBe(true)
  expect(uuidOf('job 1')).toMatch(/^.{14}4.{4}[89ab]/)
  expect(uuidOf('job 1')).not.toBe(uuidOf('job 2'))
})

const PAYMENT = {
  id: 'a', type: 'send' as const, status: 'failed' as const, amountSats: 5n, feeSats: 0n, timestamp: 5, method: 'lightning', paymentHash: '66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925', preimage: null, htlcStatus: 'returned' as const,
  htlcExpiry: 9, bolt11: null, description: null, txId: null,
}
const ZERO_PREIMAGE = '00'.repeat(32)

test('of two attempts under one hash the one that moved money counts, and a preimage says more than a state', () => {
  const paid = { ...PAYMENT, id: 'b', timestamp: 1, status: 'pending' as const, htlcStatus: 'waitingForPreimage' as const, preimage: ZERO_PREIMAGE }
  expect(pickPayment([PAYMENT, paid])?.id).toBe('b')
  expect(readPayment(paid)).toMatchObject({ state: 'settled', preimage: ZERO_PREIMAGE })
  expect(readPayment({ ...paid, preimage: '11'.repeat(32) })).toBeNull()
  expect(readPayment({ ...PAYMENT, type: 'receive' })).toMatchObject({ state: 'expired' })
  expect(readPayment({ ...PAYMENT, type: 'receive', status: 'pending', htlcStatus: 'preimageShared', preimage: ZERO_PREIMAGE })).toMatchObject({ state: 'pending', preimage: null })
})
