import { expect, test } from 'vitest'
import { msat, sats, type Msat } from '#shared/market/msat.ts'
import type { NostrEvent } from '#shared/protocol/event.ts'
import { createManualClock } from '../testing/manualClock.ts'
import { nodeRandom } from '../testing/nodePorts.ts'
import { createMockWallet } from '../wallet/mock.ts'
import type { PurchaseDialect, PurchaseInbox } from './dialect.ts'
import { UNLIMITED, type SpendingContext } from '../spending/judgeSpending.ts'
import { createLiveText } from './liveText.ts'
import { purchaseMachine, type Purchase, type PurchaseMessage, type PurchaseRequest } from './purchase.ts'
import { createPurchaseEffects } from './purchaseEffects.ts'

const JOB = 'job_0011223344556677'
const INVOICE_TIMEOUT_MS = 20_000
const LIMITS: SpendingContext = { ...UNLIMITED, perJobMsat: sats(100), perDayMsat: sats(1_000), maxFeePermille: 10 }
const eventOf = (digit: string): NostrEvent => ({ id: digit.repeat(64), pubkey: digit.repeat(64), created_at: 0, kind: 5_050, tags: [], content: '', sig: '0'.repeat(128) })

/** One purchase that listens, its machine real and its relays this test. */
async function open(change: { readonly provider?: string; readonly known?: readonly string[]; readonly muted?: string } = {}) {
  const clock = createManualClock()
  const wallet = createMockWallet({ clock, random: nodeRandom })
  const request: PurchaseRequest = {
    jobId: JOB, event: eventOf('0'), provider: change.provider ?? null, providerName: 'Anyone', model: null, dialect: 'nip90', route: {}, privacy: 'public-relays',
    prompt: 'x', maxTokens: 1, network: 'regtest', quotedMsat: sats(20), budgetMsat: sats(20), invoiceTimeoutMs: INVOICE_TIMEOUT_MS, answerTimeoutMs: 60_000,
  }
  const heard: { inbox: PurchaseInbox | null; declined: string[]; limits: SpendingContext; isDiskFull: boolean } = { inbox: null, declined: [], limits: LIMITS, isDiskFull: false }
  const dialect: PurchaseDialect = {
    name: 'nip90', privacy: 'public-relays', maxPromptBytes: 1_000, takesOpenRequests: true, takesEncrypted: true, settlements: ['prepay'],
    makeRequest: () => expect.unreachable('it is made'),
    send: () => Promise.resolve(null),
    listen(_, inbox) {
      heard.inbox = inbox
      return { close() {} }
    },
    decline: (_, provider) => void heard.declined.push(provider),
  }
  let state: Purchase = purchaseMachine.initial
  const dispatch = (message: PurchaseMessage | (() => PurchaseMessage)) => {
    if (heard.isDiskFull) return 'store-failed'
    const events = purchaseMachine.decide(state, typeof message === 'function' ? message() : message)
    state = events.reduce((before, event) => purchaseMachine.evolve(before, event), state)
    return events.length > 0 ? 'changed' : 'unchanged'
  }
  dispatch({ at: clock.now(), type: 'asked', request })
  const liveText = createLiveText(clock)
  const shown: string[] = []
  liveText.watch(JOB, ({ type, text }) => shown.push(type === 'text' ? text : `= ${text}`))
  const perform = createPurchaseEffects({
    clock, wallet,
    preimages: { keep: () => {}, find: () => null },
    dialectOf: () => dialect,
    liveText,
    isMuted: (pubkey) => pubkey === change.muted,
    bidderRank: (pubkey) => (change.known?.includes(pubkey) === true ? 1 : 0),
    state: () => state,
    spending: () => heard.limits,
    dispatch: (_, message) => dispatch(message),
  })
  const stopping = new AbortController()
  const listening = perform({ key: 'listen', type: 'listen' }, JOB, stopping.signal)
  const bid = async (from: string, amountMsat: Msat) => {
    const invoice = await wallet.createInvoice({ amountMsat, description: '', expirySecs: 180 })
    if (!invoice.ok) throw new Error(invoice.error.message)
    heard.inbox?.onInvoice(from, eventOf('1'), invoice.value.bolt11)
  }
  const bound = () => (state.begun ? state.provider : null)
  /** As the wallet would say it. */
  const pay = () => {
    dispatch({ at: clock.now(), type: 'payAsked' })
    dispatch({ at: clock.now(), type: 'payAnswered', outcome: { state: 'settled', preimage: '1'.repeat(64), feeMsat: msat(0) } })
  }
  const stored = () => (state.begun ? { text: state.text, frames: state.frames } : null)
  const listenAgain = () => perform({ key: 'listen', type: 'listen' }, JOB, stopping.signal)
  const leave = async () => {
    stopping.abort()
    await listening
    expect(clock.pending()).toBe(0)
  }
  return { clock, heard, shown, bid, bound, pay, stored, listening, listenAgain, leave, dispatch }
}

test('of the bids for an open request the cheapest is taken, not the first, and the others are told', async () => {
  const { clock, heard, bid, bound, leave } = await open({ muted: 'muted' })
  await bid('bot', sats(20))
  await bid('muted', sats(1))
  await bid('dear', sats(21))
  await bid('fair', sats(10))
  await bid('bot', sats(2))
  clock.advance(1_499)
  expect([bound(), heard.declined]).toEqual([null, []])
  clock.advance(1)
  expect([bound(), heard.declined]).toEqual(['fair', ['bot']])
  await bid('late', sats(1))
  await bid('late', sats(1))
  expect([bound(), heard.declined]).toEqual(['fair', ['bot', 'late']])
  await leave()
})

test('a seller that is known is taken before strangers, whatever they ask, however many they are', async () => {
  const { clock, heard, bid, bound, leave } = await open({ known: ['known', 'dearer'] })
  for (let count = 0; count < 60; count++) await bid(`stranger ${count}`, msat(1_000 + count))
  await bid('dearer', sats(20))
  await bid('known', sats(19))
  clock.advance(1_500)
  expect([bound(), heard.declined.length, heard.declined[0]]).toEqual(['known', 20, 'dearer'])
  await leave()
})

test('a bid that cannot be paid when its turn comes is passed over, and the next moment has its own bids', async () => {
  const { clock, heard, bid, bound, leave } = await open()
  heard.limits = { ...LIMITS, perJobMsat: sats(5) }
  await bid('one', sats(6))
  clock.advance(1_500)
  expect([bound(), heard.declined]).toEqual([null, []])
  await bid('two', sats(6))
  await bid('three', sats(5))
  clock.advance(1_500)
  expect(bound()).toBe('three')
  await leave()
})

test('nobody is waited for past the time in which an invoice has to come, nor taken after a stop', async () => {
  const late = await open()
  late.clock.advance(INVOICE_TIMEOUT_MS - 1_000)
  await late.bid('one', sats(10))
  late.clock.advance(999)
  expect(late.bound()).toBe('one')
  await late.leave()
  const stopped = await open()
  await stopped.bid('one', sats(10))
  stopped.dispatch({ at: stopped.clock.now(), type: 'stopAsked' })
  await stopped.leave()
  stopped.clock.advance(2_000)
  expect(stopped.bound()).toBeNull()
})

test('a seller that is asked by name is taken at once', async () => {
  const { bid, bound, leave, heard } = await open({ provider: 'named' })
  await bid('named', sats(10))
  expect([bound(), heard.declined]).toEqual(['named', []])
  await leave()
})

test('a result before the payment is not shown, whoever sends it', async () => {
  const { heard, shown, leave } = await open({ provider: 'named' })
  for (const from of ['named', 'stranger']) heard.inbox?.onResult(from, eventOf('1'), { text: 'a lie', usage: null, receipt: null, isOpen: true })
  expect(shown).toEqual([])
  await leave()
})

test('a counted stream is stored with its count, and read on from there by who starts again; of another only the result is whole', async () => {
  for (const counted of [true, false]) {
    const { clock, heard, bid, pay, stored, listenAgain, leave } = await open({ provider: 'named' })
    const say = (text: string, frames: number) => heard.inbox?.onText('named', text, ...(counted ? [frames] : []))
    await bid('named', sats(10))
    pay()
    say('a', 1)
    expect(stored()).toEqual({ text: 'a', frames: counted ? 1 : undefined })
    say('b', 2)
    say('c', 4)
    clock.advance(1_000)
    expect(stored()).toEqual({ text: 'abc', frames: counted ? 4 : undefined })
    void listenAgain()
    say('d', 5)
    clock.advance(1_000)
    expect(stored()).toEqual(counted ? { text: 'abcd', frames: 5 } : { text: 'abc', frames: undefined })
    await leave()
  }
})

test('text that the store refused leaves no hole: nothing of what follows is taken, and it is read again from there', async () => {
  const { clock, heard, bid, pay, shown, stored, listening, leave } = await open({ provider: 'named' })
  await bid('named', sats(10))
  pay()
  heard.inbox?.onText('named', 'a', 1)
  heard.isDiskFull = true
  heard.inbox?.onText('named', 'b', 2)
  clock.advance(1_000)
  heard.isDiskFull = false
  heard.inbox?.onText('named', 'c', 3)
  clock.advance(1_000)
  expect([stored(), shown]).toEqual([{ text: 'a', frames: 1 }, ['a', 'b', '= a']])
  clock.advance(2_000)
  await listening
  await leave()
})

test('who listens again after a refused write stores first what it had read: it is not read a second time', async () => {
  const { clock, heard, bid, pay, stored, listening, listenAgain, leave } = await open({ provider: 'named' })
  await bid('named', sats(10))
  pay()
  heard.inbox?.onText('named', 'a', 1)
  heard.isDiskFull = true
  heard.inbox?.onRefusal('named', eventOf('1'), 'Wait.')
  heard.isDiskFull = false
  clock.advance(1_500)
  heard.inbox?.onText('named', 'b', 2)
  clock.advance(500)
  await listening
  void listenAgain()
  expect(stored()).toEqual({ text: 'ab', frames: 2 })
  heard.inbox?.onText('named', 'c', 3)
  clock.advance(1_000)
  expect(stored()).toEqual({ text: 'abc', frames: 3 })
  await leave()
})

test('a first piece that the store refused is not shown twice when it is read again', async () => {
  const { clock, heard, bid, pay, shown, stored, listening, listenAgain, leave } = await open({ provider: 'named' })
  await bid('named', sats(10))
  pay()
  heard.isDiskFull = true
  heard.inbox?.onText('named', 'a', 1)
  heard.isDiskFull = false
  clock.advance(2_000)
  await listening
  void listenAgain()
  heard.inbox?.onText('named', 'a', 1)
  expect([stored(), shown]).toEqual([{ text: 'a', frames: 1 }, ['a', '= ', 'a']])
  await leave()
})
