/** The books, the kill switch and the choice of wallets on the scripted engine. */
import type { BookEntryRow } from '#shared/ipc/books.ts'
import type { JobRow } from '#shared/ipc/common.ts'
import { movementBetween, standingOf, type Standing } from '#shared/market/books.ts'
import { msat, sats, ZERO_MSAT } from '#shared/market/msat.ts'
import { fail, ok } from '#shared/market/result.ts'
import type { Snapshot, SoukState } from '#renderer/state/client.ts'
import type { FakeEngine } from './fakeEngine.ts'
import { playOnchain } from './fakeOnchain.ts'
import { makeJob } from './sceneData.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

type Wallet = Snapshot<'wallet.status'>

/** A wallet in which everything that can wait waits, and a look found something that nothing explains. */
export function makeTangledWallet(wallet: Wallet, now: number): Wallet {
  const locks: Wallet['locks'] = {
    'customer:job_0000000000a1b2c3': { jobId: 'job_0000000000a1b2c3', role: 'customer', state: 'working', amountMsat: sats(1_200), until: now + 11 * MINUTE + 20_000 },
    'provider:job_0000000000d4e5f6': { jobId: 'job_0000000000d4e5f6', role: 'provider', state: 'unlocking', amountMsat: sats(420), until: now + 26 * MINUTE },
    'customer:job_000000000077aa99': { jobId: 'job_000000000077aa99', role: 'customer', state: 'locked', amountMsat: sats(300), until: now - 4_000 },
    'customer:job_000000000012cd34': { jobId: 'job_000000000012cd34', role: 'customer', state: 'paying', amountMsat: sats(80) },
  }
  return {
    ...wallet,
    balanceMsat: sats(12_480),
    availableMsat: msat(12_354_500),
    pendingMsat: msat(125_500),
    lockedMsat: sats(1_580),
    lockedForUsMsat: sats(420),
    lockedUntil: now - 4_000,
    locks,
    owedToUsMsat: sats(36),
    owedByUsMsat: sats(12),
    earned: { todayMsat: sats(1_344), totalMsat: sats(18_202) },
    spent: { todayMsat: sats(612), totalMsat: msat(7_415_500) },
    fees: { todayMsat: msat(3_215), totalMsat: msat(41_870) },
    lost: { todayMsat: ZERO_MSAT, totalMsat: sats(36) },
    reconciledAt: now - 9_000,
    unexplainedMsat: 1_500,
  }
}

/** Jobs in every state that money can be in. */
export function makeMoneyJobs(now: number): JobRow[] {
  const job = (n: number, change: Partial<JobRow>): JobRow => {
    const { durationMs: _duration, endedAt: _ended, ...live } = makeJob(now, { jobId: `job_00000000000000f${n}`, final: false, createdAt: now - n * 55_000, updatedAt: now - n * 50_000, movedMsat: ZERO_MSAT, ...change })
    return change.durationMs === undefined ? live : { ...live, durationMs: change.durationMs }
  }
  return [
    job(1, { state: 'locked', settlement: 'escrow', promptPreview: 'Check this contract for clauses that surprise', priceMsat: sats(1_200), lockedMsat: sats(1_200), lockedUntil: now + 11 * MINUTE }),
    job(2, { state: 'sealed', settlement: 'sealed', promptPreview: 'A recipe for bread without kneading', priceMsat: sats(24), sealed: { bytes: 4_410, openMsat: sats(24), until: now + 6 * MINUTE }, note: 'The answer is here, its end under seal. Paying opens it.' }),
    job(3, { state: 'paused', settlement: 'metered', role: 'provider', promptPreview: 'Write a long story about a lighthouse', movedMsat: msat(8_400), creditMsat: sats(2), note: 'The next tick is not paid. The stream goes on when it is, and ends after a minute.' }),
    job(4, { state: 'unlocking', settlement: 'escrow', role: 'provider', promptPreview: 'Classify these forty letters', priceMsat: sats(420), lockedMsat: sats(420), lockedUntil: now + 26 * MINUTE }),
    job(5, { state: 'payment-unknown', promptPreview: 'A toast for a wedding, short', priceMsat: sats(12), note: 'The wallet did not answer. It is asked until it knows; nothing is paid twice.' }),
    job(6, { state: 'owed', promptPreview: 'List the rivers of Slovenia by length', movedMsat: msat(12_010), feeMsat: msat(10), owedMsat: sats(12), note: 'Bluebell was paid and went away before the answer was complete. It is recorded as owed to you.' }),
    job(7, { state: 'returned', final: true, settlement: 'escrow', promptPreview: 'Explain the offside rule to a cat', note: 'Nothing was delivered in time. What was locked came back.' }),
    job(8, { state: 'stopped', final: true, settlement: 'metered', promptPreview: 'A very long list of prime numbers', movedMsat: msat(6_300), durationMs: 21_000 }),
    job(9, { state: 'done', final: true, settlement: 'sealed', role: 'provider', promptPreview: 'Rewrite my letter to the landlord', movedMsat: sats(18), durationMs: 8_000 }),
  ]
}

const paid = standingOf({ from: 'wallet', to: 'spent', msat: sats(10) }, { from: 'wallet', to: 'fees', msat: msat(10) })
const STEPS: readonly { kind: BookEntryRow['kind']; role?: BookEntryRow['role']; reason: string; moves: Standing }[] = [
  { kind: 'job', role: 'customer', reason: 'Delivered: what was owed is spent.', moves: movementBetween(standingOf({ from: 'wallet', to: 'owedToUs', msat: sats(10) }, { from: 'wallet', to: 'fees', msat: msat(10) }), paid) },
  { kind: 'job', role: 'customer', reason: 'Paid. The answer is owed.', moves: movementBetween(standingOf({ from: 'wallet', to: 'onTheWay', msat: sats(11) }), standingOf({ from: 'wallet', to: 'owedToUs', msat: sats(10) }, { from: 'wallet', to: 'fees', msat: msat(10) })) },
  { kind: 'job', role: 'customer', reason: 'Intended to pay, with the highest fee.', moves: standingOf({ from: 'wallet', to: 'onTheWay', msat: sats(11) }) },
  { kind: 'job', role: 'provider', reason: 'Earned for an answer.', moves: standingOf({ from: 'earned', to: 'wallet', msat: sats(12) }) },
  { kind: 'job', role: 'provider', reason: 'A customer locked its price.', moves: standingOf({ from: 'promised', to: 'lockedForUs', msat: sats(420) }) },
  { kind: 'job', role: 'customer', reason: 'Locked until the answer is there.', moves: standingOf({ from: 'wallet', to: 'locked', msat: sats(1_200) }) },
  { kind: 'by-hand', reason: 'Sent by hand, with its fee.', moves: movementBetween(standingOf({ from: 'wallet', to: 'onTheWay', msat: sats(253) }), standingOf({ from: 'wallet', to: 'outside', msat: sats(250) }, { from: 'wallet', to: 'fees', msat: sats(1) })) },
  { kind: 'received', reason: 'The wallet received this, and no job asked for it.', moves: standingOf({ from: 'outside', to: 'wallet', msat: sats(2_000) }) },
  { kind: 'elsewhere', reason: 'The same wallet sent this, and not from here.', moves: standingOf({ from: 'wallet', to: 'outside', msat: sats(55) }) },
  { kind: 'adjustment', reason: 'The wallet had more than the books for a while, and nothing explains it.', moves: standingOf({ from: 'outside', to: 'wallet', msat: msat(1_500) }) },
]

export function makeEntries(now: number): BookEntryRow[] {
  return Array.from({ length: 64 }, (_, n): BookEntryRow => {
    const step = STEPS[n % STEPS.length] ?? { kind: 'job' as const, reason: '', moves: paid }
    return { id: 64 - n, at: now - n * 7 * MINUTE - 4_000, kind: step.kind, reason: step.reason, moves: step.moves, ...(step.role === undefined ? {} : { role: step.role, jobId: `job_${(n * 7919 + 4096).toString(16).padStart(16, '0')}` }) }
  })
}

export type MoneyMood = 'busy' | 'empty' | 'failing' | 'loading'

export function playMoney(engine: FakeEngine, mood: MoneyMood, now: number): void {
  const entries = mood === 'busy' ? makeEntries(now) : []
  const silent = new Promise<never>(() => undefined)
  const answer = <T>(value: T) => (mood === 'loading' ? silent : mood === 'failing' ? fail('internal', 'The store could not be read. Check the disk, then restart Souk.') : ok(value))
  const change = <N extends SoukState>(name: N, part: Partial<Snapshot<N>>) => {
    const before = engine.getState(name)
    if (before) engine.setState(name, { ...before, ...part })
  }

  engine.requests['wallet.entries'] = ({ before, kinds, limit }) => {
    const found = entries.filter((entry) => (before === undefined || entry.id < before) && (kinds === undefined || kinds.includes(entry.kind)))
    return answer({ rows: found.slice(0, limit), more: found.length > limit })
  }
  engine.requests['wallet.explain'] = () => {
    const wallet = engine.getState('wallet.status')
    const { balanceMsat = ZERO_MSAT, unexplainedMsat = 0, reconciledAt } = wallet ?? {}
    const last = reconciledAt === undefined ? {} : { last: { at: reconciledAt, walletMsat: balanceMsat, booksMsat: balanceMsat - unexplainedMsat, underWayMsat: wallet?.pendingMsat ?? ZERO_MSAT, expectedMsat: 0, unexplainedMsat, entries: [] } }
    return answer({ ...last, explained: entries.filter(({ kind }) => kind !== 'job' && kind !== 'by-hand').slice(0, 4) })
  }
  engine.requests['wallet.stopSpending'] = ({ stopped }) => {
    change('wallet.status', { spendingStopped: stopped })
    change('settings.values', { spendingStopped: stopped })
    return ok({})
  }
  playOnchain(engine, now)
  engine.requests['walletChoice.try'] = async ({ connection }) => {
    await engine.pause(900)
    if (connection.includes('silent')) return fail('wallet-unreachable', 'The wallet did not answer within 10 seconds. Open it, and look whether this connection still exists there.')
    return ok({
      alias: 'Ada’s hub',
      methods: ['get_info', 'get_balance', 'get_budget', 'make_invoice', 'pay_invoice', 'lookup_invoice', 'list_transactions', 'make_hold_invoice', 'settle_hold_invoice', 'cancel_hold_invoice'],
      holdInvoices: !connection.includes('nohold'),
      budget: { totalMsat: sats(5_000), usedMsat: sats(1_200), renewsAt: now + 12 * DAY },
      balanceMsat: sats(48_210),
      ...(connection.includes('nameless') ? {} : { network: 'mainnet' as const }),
    })
  }
  engine.requests['walletChoice.choose'] = (input) => {
    if (mood === 'failing') return fail('busy', 'Stop selling and let the open jobs end first: they belong to the wallet in use.')
    change('walletChoice.status', { next: input.kind === 'sandbox' ? { kind: 'sandbox' } : { kind: input.kind, network: input.network } as Snapshot<'walletChoice.status'>['next'] })
    return ok({})
  }
}
