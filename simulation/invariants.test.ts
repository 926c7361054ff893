/** The invariants are no use unless they break: each is shown a world in which it does not hold. */
import { expect, test } from 'vitest'
import { msat } from '#shared/market/msat.ts'
import { DEFAULT_LIMITS } from '#engine/preferences.ts'
import type { JobRecord } from '#engine/store/journal.ts'
import { createChance, createSeededRandom } from './chance.ts'
import { createFaults } from './faults.ts'
import { createInvariants, type Member } from './invariants.ts'
import { createLedger } from './ledger.ts'
import type { Machine } from './machine.ts'
import type { Network } from './network.ts'
import { createTrace } from './trace.ts'
import { Violation } from './violation.ts'
import { createVirtualTime } from './virtualTime.ts'
import { createWalletService } from './wallet.ts'

const SELLER_KEY = 'a'.repeat(64)

function openWorld() {
  const time = createVirtualTime(1_900_000_000_000)
  const ledger = createLedger({ time, random: createSeededRandom('0', 'ledger') })
  const faults = createFaults(createChance('0', 'faults'), 0)
  const trace = createTrace({ now: time.now, startMs: 0 })
  const member = (name: string, pubkey: string): Member => {
    const machine: Machine = {
      name, engine: () => null, pubkey: () => pubkey, start() {}, kill() {}, setClock() {}, fillDisk() {}, act() {}, timers: () => 0, starts: () => 1, retire() {}, isGone: () => true,
    }
    return {
      machine,
      wallet: createWalletService({ account: name, ledger, time, chance: createChance('0', name), faults, trace }),
      model: { goAway() {}, backend: () => { throw new Error('no model here') } },
    }
  }
  const seller = member('seller', SELLER_KEY)
  const customer = member('customer', 'b'.repeat(64))
  const authors = new Map<string, string>()
  const network: Network = { urls: [], openWebSocket: () => { throw new Error('no network here') }, cut() {}, takeDown() {}, bringUp() {}, empty() {}, authorOf: (id) => authors.get(id) ?? null, subscriptions: () => 0, deliveries: () => 0 }
  const invariants = createInvariants({ ledger, network, sellers: [seller], customers: [customer], strangers: [], limits: { ...DEFAULT_LIMITS, perJobMsat: msat(5_000), perDayMsat: msat(8_000) } })
  ledger.issue('customer', msat(1_000_000))
  const invoice = (amountMsat = 3_000) => ledger.createInvoice('seller', { amountMsat: msat(amountMsat), description: 'Souk job_1', expirySecs: 180 })
  const record = { row: { state: 'asking' } } as JobRecord // Only the state is read.
  const buys = (jobId: string, ...bodies: readonly object[]) => invariants.onDurable(customer.machine, 'customer', jobId, bodies.map((body) => ({ at: time.now(), body: { at: time.now(), ...body } })), record)
  const sells = (jobId: string, ...bodies: readonly object[]) => invariants.onDurable(seller.machine, 'provider', jobId, bodies.map((body) => ({ at: time.now(), body: { at: time.now(), ...body } })), record)
  const asked = { type: 'asked', request: { provider: SELLER_KEY, quotedMsat: 5_000, budgetMsat: 5_000 } }
  const requested = { type: 'requested', request: { prompt: 'why?' } }
  const accepted = ({ paymentHash, amountMsat }: { paymentHash: string; amountMsat: number }) => {
    authors.set('invoice', 'seller')
    return { type: 'invoiceAccepted', eventId: 'invoice', intent: { paymentHash, amountMsat, maxFeeMsat: 1_000 } }
  }
  const pay = ({ bolt11, paymentHash }: { bolt11: string; paymentHash: string }) => {
    ledger.begin('customer', bolt11, msat(1_000), msat(7))
    ledger.settle(paymentHash)
  }
  return { ledger, invariants, authors, invoice, buys, sells, asked, requested, accepted, pay, seller }
}

test('an honest job breaks nothing', () => {
  const { invariants, invoice, buys, sells, asked, requested, accepted, pay, authors, seller } = openWorld()
  const made = invoice()
  buys('job_1', asked)
  sells('job_1', requested, { type: 'invoiced', invoice: made })
  buys('job_1', accepted(made))
  pay(made)
  sells('job_1', { type: 'paid', paidMsat: 3_000 })
  invariants.onWork(seller.machine, 'why?')
  sells('job_1', { type: 'workBegun', attempt: 1 }, { type: 'generated', generated: { text: 'because' } })
  authors.set('result', 'seller')
  buys('job_1', { type: 'settled', feeMsat: 7 }, { type: 'resultReceived', eventId: 'result', text: 'because' }, { type: 'ended', outcome: 'done' })
  expect(invariants.violation()).toBeNull()
})

test('work without money is seen, in the journal and at the model', () => {
  const journal = openWorld()
  journal.sells('job_1', journal.requested, { type: 'invoiced', invoice: journal.invoice() }, { type: 'workBegun', attempt: 1 })
  expect(journal.invariants.violation()).toContain('before it is paid')
  const model = openWorld()
  model.sells('job_1', model.requested, { type: 'invoiced', invoice: model.invoice() })
  model.invariants.onWork(model.seller.machine, 'why?')
  expect(model.invariants.violation()).toContain('has no money for it')
})

test('a payment that the ledger does not know is seen on either side', () => {
  const bought = openWorld()
  const made = bought.invoice()
  bought.buys('job_1', bought.asked, bought.accepted(made), { type: 'settled', feeMsat: 0 })
  expect(bought.invariants.violation()).toContain('the ledger says nothing')
  const sold = openWorld()
  sold.sells('job_1', sold.requested, { type: 'invoiced', invoice: sold.invoice() }, { type: 'paid', paidMsat: 3_000 })
  expect(sold.invariants.violation()).toContain('the ledger says nothing')
})

test('giving up what was paid is seen', () => {
  const { invariants, invoice, buys, asked, accepted, pay } = openWorld()
  const made = invoice()
  buys('job_1', asked, accepted(made))
  pay(made)
  buys('job_1', { type: 'payFailed' })
  expect(invariants.violation()).toContain('the ledger says settled')
})

test('a second settlement for one job is seen', () => {
  const { invariants, invoice, pay } = openWorld()
  pay(invoice())
  pay(invoice())
  expect(invariants.violation()).toContain('a second payment is settled')
})

test('a word of somebody else and a changed text are seen', () => {
  const forged = openWorld()
  forged.authors.set('result', 'liar')
  forged.buys('job_1', forged.asked, { type: 'resultReceived', eventId: 'result', text: 'because' })
  expect(forged.invariants.violation()).toContain('that liar published')
  const changed = openWorld()
  changed.authors.set('result', 'seller')
  changed.sells('job_1', changed.requested, { type: 'generated', generated: { text: 'because' } })
  changed.buys('job_1', changed.asked, { type: 'resultReceived', eventId: 'result', text: 'Because' })
  expect(changed.invariants.violation()).toContain('did not make')
})

test('a limit is held over all jobs of a day, what is pending included', () => {
  const { invariants, invoice, buys, asked, accepted } = openWorld()
  buys('job_1', asked, accepted(invoice(4_000)))
  expect(invariants.violation()).toBeNull()
  buys('job_2', asked, accepted(invoice(4_000)))
  expect(invariants.violation()).toContain('over its limit')
  const dear = openWorld()
  dear.buys('job_1', dear.asked, dear.accepted(dear.invoice(6_000)))
  expect(dear.invariants.violation()).toContain('more than was quoted or allowed')
})

test('the ledger overdraws nobody and ends a payment once', () => {
  const { ledger, invoice, pay } = openWorld()
  const made = invoice()
  expect(ledger.begin('nobody', made.bolt11, msat(0), msat(0))).toBe('insufficient-balance')
  pay(made)
  expect(() => ledger.fail(made.paymentHash)).toThrow(Violation)
  expect([ledger.balance('customer'), ledger.balance('seller')]).toEqual([996_993, 3_000])
})
