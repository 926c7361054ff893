/** One simulation: a world made from a seed, run until its jobs are asked and everything has come to its end. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sats } from '#shared/market/msat.ts'
import { DEFAULT_LIMITS } from '#engine/preferences.ts'
import { loadNostrCrypto, type NostrCrypto } from '#engine/nostr/crypto.ts'
import { rememberSignatures } from '#engine/nostr/knownSignatures.ts'
import { createSimulatedModel } from './backend.ts'
import { createChance, createSeededRandom } from './chance.ts'
import { createCheat } from './cheat.ts'
import { createFaults } from './faults.ts'
import { createInvariants, type Invariants, type Member } from './invariants.ts'
import { createLedger } from './ledger.ts'
import { createMachine } from './machine.ts'
import { createNetwork } from './network.ts'
import { createPeople, type DialectChoice, type SettlementChoice } from './people.ts'
import { createLiar } from './liar.ts'
import { createTrace } from './trace.ts'
import { Violation } from './violation.ts'
import { createVirtualTime } from './virtualTime.ts'
import { createWalletService } from './wallet.ts'
import { createWeather } from './weather.ts'

export interface SimulationOptions {
  readonly seed: string
  readonly jobs: number
  readonly dialect?: DialectChoice
  readonly settlement?: SettlementChoice
  /** 1 for the usual faults, 0 for none. */
  readonly faultScale?: number
  readonly traceFile?: string | undefined
  /** `all`: every copy of an event has its signature checked by whoever reads it. The history is the same. */
  readonly verify?: 'once' | 'all'
  onProgress?(progress: { readonly asked: number; readonly steps: number }): void
}

export interface SimulationReport {
  readonly seed: string
  readonly jobs: number
  readonly steps: number
  readonly virtualMs: number
  readonly realMs: number
  readonly faults: Readonly<Record<string, number>>
  readonly deeds: Readonly<Record<string, number>>
  readonly outcomes: Readonly<Record<string, number>>
  readonly starts: number
  readonly deliveries: number
  readonly movements: number
  readonly traceLines: number
  readonly traceHash: string
  /** The first invariant that did not hold. */
  readonly violation: string | null
  readonly lastLines: readonly string[]
}

const START_MS = Date.UTC(2030, 0, 1)
const SELLERS = ['seller-1', 'seller-2', 'seller-3']
const CUSTOMERS = ['customer-1', 'customer-2', 'customer-3', 'customer-4', 'customer-5', 'customer-6']
const LIMITS = { ...DEFAULT_LIMITS, perDayMsat: sats(9_000), perJobMsat: sats(12), maxFeePermille: 20 }
const CHECK_SIZES_STEPS = 5_000
const PROGRESS_STEPS = 20_000
const SETTLING_MS = 20 * 60_000
/** What is asked for a moment (a ping, an inquiry, a settlement that a wallet denied) is over after this. */
const RESTING_MS = 360_000
const KNOWN_SIGNATURES = 50_000
const LOOK_STEPS = 1_000
/** A world in which nothing ever ends is a finding, too. */
const MAX_VIRTUAL_MS_PER_JOB = 600_000
const LEAST_VIRTUAL_MS = 86_400_000

/** The engine's day begins where the machine's does: here at midnight UTC, whatever machine this is. */
process.env['TZ'] = 'UTC'

export async function runSimulation(options: SimulationOptions): Promise<SimulationReport> {
  const { seed, jobs } = options
  const startedAt = performance.now()
  const time = createVirtualTime(START_MS)
  const trace = createTrace({ now: () => time.now(), startMs: START_MS, file: options.traceFile })
  const chanceOf = (label: string) => createChance(seed, label)
  const faults = createFaults(chanceOf('faults'), options.faultScale ?? 1)
  const network = createNetwork({ time, chance: chanceOf('network'), faults, trace })
  const ledger = createLedger({ time, random: createSeededRandom(seed, 'ledger') })
  const crypto = await loadSteadyCrypto(options.verify ?? 'once')
  // What is durable is written for real; in memory where the system has such a place, since nothing here outlives the process.
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'souk-simulation-'))

  const sellers: Member[] = []
  const customers: Member[] = []
  let invariants: Invariants
  const members = () => [...sellers, ...customers]
  const stranger = { seed, time, network, ledger, crypto }
  const liar = createLiar({ ...stranger, chance: chanceOf('liar') })
  const cheat = createCheat({ ...stranger, chance: chanceOf('cheat') })
  const people = createPeople({
    time,
    chance: chanceOf('people'),
    cheat: cheat.pubkey,
    jobs,
    dialect: options.dialect ?? 'mix',
    settlement: options.settlement ?? 'mix',
    sellers,
    customers,
  })

  function addMember(name: string, isSeller: boolean): Member {
    const chance = chanceOf(name)
    const wallet = createWalletService({ account: name, ledger, time, chance: chanceOf(`${name} wallet`), faults, trace, holds: true })
    const model = createSimulatedModel({ chance: chanceOf(`${name} model`), faults, now: () => time.now(), onBegin: (prompt) => invariants.onWork(machine, prompt) })
    const machine = createMachine({
      name, seed, folder, time, network, crypto, chance, faults, trace, wallet, model,
      limits: LIMITS,
      onDurable: (role, jobId, events, record) => invariants.onDurable(machine, role, jobId, events, record),
      onStarted(engine) {
        if (isSeller) people.openShop(machine, engine)
      },
      onBug: (message) => invariants.report(message),
    })
    return { machine, wallet, model }
  }
  for (const name of SELLERS) sellers.push(addMember(name, true))
  for (const name of CUSTOMERS) customers.push(addMember(name, false))
  invariants = createInvariants({ ledger, network, sellers, customers, strangers: [liar, cheat], limits: LIMITS })
  const weather = createWeather({ time, chance: chanceOf('weather'), faults, network, members: members() })

  /** Takes steps until that holds, or nothing more can happen, or an invariant does not hold. */
  async function runUntil(isDone: () => boolean): Promise<void> {
    while (invariants.violation() === null && !isDone()) {
      if (!(await time.step())) return
      if (time.steps() % CHECK_SIZES_STEPS === 0) invariants.checkSizes()
      if (time.steps() % PROGRESS_STEPS === 0) options.onProgress?.({ asked: people.asked(), steps: time.steps() })
    }
  }

  const runFor = (ms: number) => {
    const untilMs = time.now() + ms
    return runUntil(() => time.now() >= untilMs)
  }

  const isQuiet = () => members().every(({ machine }) => {
    const journal = machine.engine()?.journal
    return journal !== undefined && journal.openJobs('provider').length === 0 && journal.openJobs('customer').length === 0
  })

  async function settleDown(): Promise<void> {
    const untilMs = time.now() + SETTLING_MS
    await runUntil(() => time.now() >= untilMs || (time.steps() % LOOK_STEPS === 0 && isQuiet()))
  }

  async function live(): Promise<void> {
    for (const name of CUSTOMERS) ledger.issue(name, sats(10_000_000))
    for (const { machine } of members()) time.wake(1, () => machine.start())
    people.begin()
    if (faults.isOn()) weather.begin()
    const latest = START_MS + Math.max(LEAST_VIRTUAL_MS, jobs * MAX_VIRTUAL_MS_PER_JOB)
    await runUntil(() => people.asked() >= jobs || time.now() > latest)
    if (people.asked() < jobs) invariants.report(`only ${people.asked()} of ${jobs} jobs could be asked in ${Math.round((latest - START_MS) / 3_600_000)} hours`)
    await runFor(60_000)
    if (invariants.violation() === null) await windDown()
  }

  /** Faults off, everybody up: what is open ends, and the books are closed. */
  async function windDown(): Promise<void> {
    faults.turnOff()
    weather.clear()
    liar.retire()
    cheat.retire()
    people.windUp()
    await runUntil(() => members().every(({ machine }) => machine.engine() !== null))
    await settleDown()
    if (!isQuiet()) {
      people.windUp()
      await settleDown()
    }
    if (!isQuiet()) {
      people.giveUp()
      await settleDown()
    }
    await runFor(RESTING_MS)
    if (invariants.violation() === null) invariants.checkEnd()
  }

  const onRejection = (error: unknown) => invariants.report(`a promise was rejected and nobody listened: ${describe(error)}`)
  process.on('unhandledRejection', onRejection)
  try {
    await live()
  } catch (error) {
    invariants.report(error instanceof Violation ? error.message : `thrown: ${describe(error)}`)
  } finally {
    process.off('unhandledRejection', onRejection)
  }
  const report: SimulationReport = {
    seed,
    jobs: people.asked(),
    steps: time.steps(),
    virtualMs: time.now() - START_MS,
    realMs: Math.round(performance.now() - startedAt),
    faults: faults.counts(),
    deeds: { ...people.deeds(), ...prefixed('liar', liar.deeds()), ...prefixed('cheat', cheat.deeds()) },
    outcomes: invariants.outcomes(),
    starts: members().reduce((sum, { machine }) => sum + machine.starts(), 0),
    deliveries: network.deliveries(),
    movements: ledger.movements(),
    traceLines: trace.lines(),
    traceHash: trace.hash(),
    violation: invariants.violation(),
    lastLines: trace.recent(),
  }
  await close()
  return report

  async function close(): Promise<void> {
    faults.turnOff()
    for (const { machine } of members()) machine.retire()
    for (let steps = 0; steps < 5_000 && members().some(({ machine }) => !machine.isGone()); steps += 1) await time.step()
    trace.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * Signatures are real and repeat themselves: some travel inside what is hashed or encrypted, so that ids depend on them.
 * One that anybody in this world has made or checked is not checked again, as long as it is over the very same fields:
 * those are hashed for every copy, so that an altered or forged one is refused as ever.
 */
async function loadSteadyCrypto(verify: 'once' | 'all'): Promise<NostrCrypto> {
  const crypto = await loadNostrCrypto()
  const steady: NostrCrypto = { ...crypto, createSigner: (secretKey) => crypto.createSigner(secretKey, true) }
  return verify === 'all' ? steady : rememberSignatures(steady, KNOWN_SIGNATURES)
}

function prefixed(name: string, counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).map(([key, count]) => [`${name}: ${key}`, count]))
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
