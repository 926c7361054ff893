/**
 * A machine of the simulated world: a whole engine, made by `createEngine`, on a store of its own. It can be killed between
 * any two things it does: what it had in memory is gone, what it had stored is what it starts with again.
 */
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { Role } from '#shared/ipc/common.ts'
import type { Limits } from '#shared/ipc/settings.ts'
import { createEngine, type Engine } from '#engine/engine.ts'
import type { NostrCrypto } from '#engine/nostr/crypto.ts'
import type { Clock, Log, Secrets } from '#engine/ports.ts'
import type { JobRecord, Journal, StoredEvent } from '#engine/store/journal.ts'
import type { SimulatedModel } from './backend.ts'
import type { Chance } from './chance.ts'
import { createSeededRandom } from './chance.ts'
import type { Faults, OccasionalFault } from './faults.ts'
import type { Host, Network } from './network.ts'
import type { Trace } from './trace.ts'
import type { VirtualTime } from './virtualTime.ts'
import type { WalletHost, WalletService } from './wallet.ts'

export interface Machine {
  readonly name: string
  /** Null while it is down. */
  engine(): Engine | null
  /** Known after the first start. */
  pubkey(): string
  start(): void
  kill(fault: 'killed between steps' | OccasionalFault): void
  /** Sets its clock that far ahead of the true time. */
  setClock(aheadMs: number): void
  fillDisk(forMs: number): void
  /** Lets a person do something, unless the machine is down. What goes wrong because it dies meanwhile is nobody's fault. */
  act(doing: (engine: Engine) => void): void
  timers(): number
  starts(): number
  /** Ends it for good. */
  retire(): void
  isGone(): boolean
}

export interface MachineOptions {
  readonly name: string
  readonly seed: string
  readonly folder: string
  readonly time: VirtualTime
  readonly network: Network
  readonly crypto: NostrCrypto
  readonly chance: Chance
  readonly faults: Faults
  readonly trace: Trace
  readonly wallet: WalletService
  readonly model: SimulatedModel
  readonly limits: Partial<Limits>
  /** After a batch of events is on disk. */
  onDurable(role: Role, jobId: string, events: readonly StoredEvent[], record: JobRecord): void
  onStarted(engine: Engine): void
  /** The engine says that something went wrong that nothing in the world explains. */
  onBug(message: string): void
}

/** One run of the program, from a start to a kill. */
interface Run extends Host, WalletHost {
  alive: boolean
  ended: boolean
  engine: Engine | null
  database: DatabaseSync | null
  /** How far its own time has flown ahead since it died. */
  warpMs: number
  readonly timers: Set<Timer>
}

interface Timer {
  readonly fire: () => void
  cancel: () => void
}

/** Thrown inside a transaction, so that nothing of it is kept. */
class Killed extends Error {
  override readonly name = 'Killed'
}

const SHORT_RESTART_MS = 15_000
const LONG_RESTART_MS = 900_000
const LONG_RESTART = 0.15
const LOOK_AGAIN_MS = 50
/** What a dead run still waits for comes soon: nobody sees it, and its folder is wanted. */
const DEAD_TIMER_MS = 5

export function createMachine(options: MachineOptions): Machine {
  const { name, time, network, chance, faults, trace } = options
  const random = createSeededRandom(options.seed, `${name} random`)
  const secrets = createMemorySecrets()
  let run: Run | null = null
  let pubkey = ''
  let aheadMs = 0
  let diskFullUntil = 0
  let starts = 0
  let isRetired = false

  function createRun(): Run {
    const created: Run = {
      name,
      alive: true,
      ended: false,
      engine: null,
      database: null,
      warpMs: 0,
      timers: new Set(),
      isAlive: () => created.alive,
      passPublish: (moment) => void mayKill(created, 'killed at a publish', `publish: ${moment}`),
      passWallet: (call) => !mayKill(created, 'killed at a wallet call', call),
    }
    return created
  }

  function mayKill(mine: Run, fault: OccasionalFault, where: string): boolean {
    if (!mine.alive || !faults.happens(fault)) return !mine.alive
    trace.note(`${name} at ${where}`)
    end(mine, fault)
    return true
  }

  /** Nothing of it reaches the world any more; what still runs in it is let run out, so that its folder is free. */
  function end(mine: Run, why: string): void {
    if (!mine.alive) return
    mine.alive = false
    trace.note(`${name} ${why}`)
    network.cut(mine)
    mine.database?.exec('PRAGMA query_only = ON')
    for (const timer of mine.timers) {
      timer.cancel()
      timer.cancel = time.wake(DEAD_TIMER_MS, timer.fire)
    }
    if (mine.engine !== null) time.wake(0, () => void closeDead(mine))
    time.wake(chance.happens(LONG_RESTART) ? chance.between(SHORT_RESTART_MS, LONG_RESTART_MS) : chance.between(300, SHORT_RESTART_MS), restart)
  }

  async function closeDead(mine: Run): Promise<void> {
    await mine.engine?.close()
    mine.ended = true
  }

  function restart(): void {
    if (isRetired) return
    if (run !== null && run.alive) return
    if (run !== null && !run.ended) time.wake(LOOK_AGAIN_MS, restart)
    else start()
  }

  function start(): void {
    run = createRun()
    time.hold(open(run))
  }

  async function open(mine: Run): Promise<void> {
    const opened = await createEngine(
      { dataFolder: join(options.folder, name), sandboxFolder: options.folder, shell: 'terminal', version: '0', relays: network.urls, wallet: { kind: 'mock' }, houseSeller: false, ollamaUrl: '', backend: 'toy' },
      {
        clock: clockOf(mine),
        random,
        log: logOf(mine),
        openWebSocket: network.openWebSocket(mine),
        fetch: () => Promise.reject(new Error('nothing answers here')),
        secrets,
        crypto: options.crypto,
        wrap: {
          database(database) {
            // A kill here ends a machine within this process: what is written is written, on a platter or not.
            database.exec('PRAGMA synchronous = OFF')
            mine.database = database
            return database
          },
          toy: () => options.model.backend(clockOf(mine)),
          wallet: () => options.wallet.connect(mine),
          journal: (journal) => watchJournal(mine, journal),
        },
      },
    )
    if (!opened.ok) throw new Error(`${name} does not start: ${opened.error.message}`)
    mine.engine = opened.value
    pubkey = opened.value.keyring.identity.pubkey
    starts += 1
    trace.note(`${name} started`)
    if (!mine.alive) {
      void closeDead(mine)
      return
    }
    if (starts === 1) opened.value.preferences.update({ limits: options.limits })
    options.onStarted(opened.value)
  }

  function clockOf(mine: Run): Clock {
    return {
      now: () => time.now() + aheadMs + mine.warpMs,
      after(delayMs, given) {
        const fire = () => {
          mine.timers.delete(timer)
          // For a dead run time flies, so that every deadline of its is over.
          if (!mine.alive) mine.warpMs += Math.max(0, delayMs)
          guard(mine, given)
        }
        const timer: Timer = { fire, cancel: time.wake(mine.alive ? delayMs : DEAD_TIMER_MS, fire) }
        mine.timers.add(timer)
        return () => {
          mine.timers.delete(timer)
          timer.cancel()
        }
      },
    }
  }

  function guard(mine: Run, doing: () => void): void {
    try {
      doing()
    } catch (error) {
      if (mine.alive) throw error
    }
  }

  function logOf(mine: Run): Log {
    return (level, message, fields) => {
      if (level === 'error' && mine.alive && time.now() >= diskFullUntil) options.onBug(`${name} says: ${message} ${JSON.stringify(fields ?? {})}`)
    }
  }

  function watchJournal(mine: Run, journal: Journal): Journal {
    let written: { role: Role; jobId: string; events: readonly StoredEvent[]; record: JobRecord }[] = []
    return {
      ...journal,
      transact(change) {
        written = []
        let value
        try {
          value = journal.transact(() => {
            const changed = change()
            if (written.length > 0 && time.now() < diskFullUntil) throw new Error('database or disk is full')
            if (written.length > 0 && mayKill(mine, 'killed at a write', 'write: before')) throw new Killed()
            return changed
          })
        } catch (error) {
          written = []
          throw error
        }
        const durable = written
        written = []
        for (const { role, jobId, events, record } of durable) {
          trace.note(`${name} ${role} ${jobId} ${events.map(nameEvent).join(' + ')}`)
          options.onDurable(role, jobId, events, record)
        }
        if (durable.length > 0) mayKill(mine, 'killed at a write', 'write: after')
        return value
      },
      append(role, jobId, from, events, record) {
        journal.append(role, jobId, from, events, record)
        written.push({ role, jobId, events, record })
      },
    }
  }

  return {
    name,
    engine: () => (run?.alive === true ? run.engine : null),
    pubkey: () => pubkey,
    start,
    kill(fault) {
      if (run?.alive !== true || run.engine === null) return
      faults.count(fault)
      end(run, fault)
    },
    setClock(ahead) {
      aheadMs = ahead
      trace.note(`${name} clock ${ahead} ms ahead`)
    },
    fillDisk(forMs) {
      diskFullUntil = time.now() + forMs
      trace.note(`${name} disk full for ${forMs} ms`)
    },
    act(doing) {
      const mine = run
      if (mine?.alive !== true || mine.engine === null) return
      const { engine } = mine
      guard(mine, () => doing(engine))
    },
    timers: () => run?.timers.size ?? 0,
    starts: () => starts,
    retire() {
      isRetired = true
      if (run !== null) end(run, 'retires')
    },
    isGone: () => run === null || run.ended,
  }
}

function nameEvent({ body }: StoredEvent): string {
  const { type, what, text } = body as { type: string; what?: string; text?: string } // Written by the state machines alone.
  return `${type}${what === undefined ? '' : ` ${what}`}${text === undefined ? '' : ` ${text.length}`}`
}

/** What rests on the machine's disk beside the store. */
function createMemorySecrets(): Secrets {
  const kept = new Map<string, string>()
  return {
    protection: () => 'plain',
    read: (name) => Promise.resolve(kept.get(name) ?? null),
    write: (name, value) => Promise.resolve(void kept.set(name, value)),
    remove: (name) => Promise.resolve(void kept.delete(name)),
  }
}
