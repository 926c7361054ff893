/** One durable transition on a real file, and eight of a sale in each settlement mode through the reactor that ships, beside eight bare commits. */
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { systemClock } from '#main/headless/nodePorts.ts'
import { saleMayWait } from '#engine/mayWait.ts'
import { saleMachine, type SaleMessage } from '#engine/provider/sale.ts'
import { describeSale } from '#engine/provider/saleView.ts'
import { createReactor } from '#engine/reactor.ts'
import { inTransaction, openDatabase, type Migration } from '#engine/store/database.ts'
import { createJournal } from '#engine/store/journal.ts'
import { MIGRATIONS } from '#engine/store/migrations.ts'
import { SETTLEMENTS, type Settlement } from '#shared/market/settlement.ts'
import { createSamples, type Measure, type Row, type Samples } from '../measure.ts'
import { saleMessages } from '../saleMessages.ts'
import { subtractRounds, summarize } from '../statistics.ts'

const JOBS_PER_ROUND = 20
const APPENDS_PER_JOB = 4
/** The shortest sale has so many; one of more counts in proportion. */
const TRANSITIONS = 8
const BARE = [{ number: 1, change: 'One row a commit', sql: 'CREATE TABLE number (value INTEGER PRIMARY KEY) STRICT' }]

export function measureStore(folder: string): Measure {
  const database = open(join(folder, 'store.db'), MIGRATIONS)
  // What the disk takes for as many commits, whatever is in them.
  const bare = open(join(folder, 'bare.db'), BARE)
  const insertBare = bare.prepare('INSERT INTO number (value) VALUES (NULL)')
  const journal = createJournal(database)
  const one = createSamples()
  const commits = createSamples()
  const sales: Readonly<Record<Settlement, Samples>> = { prepay: createSamples(), escrow: createSamples(), sealed: createSamples(), metered: createSamples() }
  let jobs = 0

  const reactor = createReactor({
    role: 'provider' as const,
    machine: saleMachine,
    journal,
    clock: systemClock,
    log: () => {},
    // Nothing is carried out: an effect waits until it is no longer due.
    perform: (_effect, _jobId, signal) => new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true })),
    describe: describeSale,
    tick: (at): SaleMessage => ({ at, type: 'tick' }),
    onChange() {},
    onStoreFailure(error) {
      throw error
    },
    onUnreadable(jobId) {
      throw new Error(`${jobId} cannot be read.`)
    },
    mayWait: saleMayWait,
  })

  function runJob(settlement: Settlement): void {
    jobs += 1
    const { jobId, messages } = saleMessages(settlement, jobs)
    const startedAt = performance.now()
    for (const message of messages) {
      if (reactor.dispatch(jobId, message) !== 'changed') throw new Error(`A sale by ${settlement} did not take "${message.type}".`)
    }
    sales[settlement].add(((performance.now() - startedAt) * TRANSITIONS) / messages.length)
    if (journal.row('provider', jobId)?.state !== 'done') throw new Error(`A sale by ${settlement} did not end.`)
  }

  function commitBare(): void {
    const startedAt = performance.now()
    for (let commit = 0; commit < TRANSITIONS; commit += 1) inTransaction(bare, () => insertBare.run())
    commits.add(performance.now() - startedAt)
  }

  /** The store's part alone: the bytes of a real transition, appended in a transaction of their own. */
  function append(part: number): void {
    const { jobId, messages } = saleMessages('prepay', jobs)
    const first = messages[0]
    const [event] = first === undefined ? [] : saleMachine.decide(saleMachine.initial, first)
    if (event === undefined) throw new Error('A sale did not begin.')
    const record = describeSale(jobId, saleMachine.evolve(saleMachine.initial, event))
    const startedAt = performance.now()
    journal.transact(() => journal.append('customer', `${jobId}.${part}`, 0, [{ at: event.at, body: event }], record))
    one.add(performance.now() - startedAt)
  }

  return {
    async round() {
      for (const samples of [one, commits, ...Object.values(sales)]) samples.beginRound()
      for (let job = 0; job < JOBS_PER_ROUND; job += 1) {
        for (const settlement of SETTLEMENTS) runJob(settlement)
        commitBare()
        for (let part = 0; part < APPENDS_PER_JOB; part += 1) append(part)
        await new Promise((resolve) => setImmediate(resolve))
      }
    },
    samples: () => ({ transitionMs: one.rounds, bareCommitsMs: commits.rounds, ...Object.fromEntries(SETTLEMENTS.map((name) => [`${name}Ms`, sales[name].rounds])) }),
    rows() {
      const group = 'Store'
      return [
        { group, what: 'one durable transition (WAL, FULL)', unit: 'ms', summary: summarize(one.all()) },
        { group, what: 'eight bare commits', unit: 'ms', summary: summarize(commits.all()) },
        ...SETTLEMENTS.map((name): Row => ({ group, what: `eight transitions of a sale, ${name}`, unit: 'ms', summary: summarize(sales[name].all()), target: { bound: 'at most', value: 2 } })),
        { group, what: 'eight of prepay above eight bare commits', unit: 'ms', summary: subtractRounds(sales.prepay.rounds, commits.rounds, 0.5) },
      ]
    },
    async close() {
      await reactor.close()
      database.close()
      bare.close()
    },
  }
}

function open(path: string, migrations: readonly Migration[]): DatabaseSync {
  const opened = openDatabase(path, migrations, Date.now())
  if (!opened.ok) throw new Error(opened.error.message)
  return opened.value.database
}
