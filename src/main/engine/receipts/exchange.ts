/**
 * Each side of a job ends up with what both signed (docs/protocol.md §5). The customer hands over its receipt, to a seller that is
 * known to hear it, until it has the seller's; the seller answers with its own. Derived from what is kept: after a restart a
 * customer goes on for a week after a job, and a seller that is asked again answers again.
 *
 * Invariants: nothing waits for it, and no job ends later because of it; a receipt is kept only once it is checked
 * (receipts.ts); what a peer can make us do is bounded for each job.
 */
import type { JobRow } from '#shared/ipc/common.ts'
import type { NostrEvent } from '#shared/protocol/event.ts'
import { isJobReceipt } from '#shared/protocol/jobReceipt.ts'
import { MAX_NOTE_CHARACTERS, writeSettlementNote } from '#shared/protocol/settlementNote.ts'
import { setBounded } from '../boundedMap.ts'
import type { Clock, Log } from '../ports.ts'
import type { JobKey } from '../store/receipts.ts'
import type { Receipts } from './receipts.ts'

/** How a job's receipt reaches its other side. */
export interface ReceiptWay {
  /** Resolves with whether a relay took it. */
  send(jobId: string, receipt: NostrEvent): Promise<boolean>
}
export interface AskingWay extends ReceiptWay {
  /** What the job's seller hands over; null: it is not known to hear, or say, anything of receipts. */
  hear(jobId: string, onReceipt: (receipt: NostrEvent) => void): { close(): void } | null
}

export interface ReceiptExchangeOptions {
  readonly receipts: Pick<Receipts, 'ofJob' | 'keepForeign' | 'page'>
  readonly row: (job: JobKey) => JobRow | null
  /** Null for whoever only sells. */
  readonly customer: AskingWay | null
  readonly provider: ReceiptWay
  readonly clock: Clock
  readonly log: Log
}

export interface ReceiptExchange {
  /** Our own receipt of that job was made, or made anew. */
  made(job: JobKey): void
  /** A job's customer hands over its own; `createdAt` of the event that did, in Unix seconds. */
  heard(jobId: string, receipt: NostrEvent, createdAt: number): void
  /** Asks the job's seller at once. Resolves once its receipt is here, or nobody can be asked for it; until then, for as long as it is asked. */
  now(jobId: string): Promise<void>
  /** Goes on with what the last run had not finished. */
  resume(): void
  close(): void
}

/** After the end of a job, when others have their turn first; then ever more rarely. The last is how long an answer is waited for. */
const WAITS_MS = [10_000, 60_000, 600_000, 3_600_000, 60_000]
/** Of a job of an earlier run, nobody has a turn before. */
const AGAIN_AFTER_MS = 2_000
const WEEK_MS = 7 * 86_400_000
/** Jobs of one start that are taken up again, and at most under way. */
const MAX_ASKING = 50
/** Of one job: what is not the other side's is not looked at without end. */
const MAX_HEARD = 10
const MAX_REMEMBERED = 5_000
/** What the relays had stored was answered by an earlier run, unless it is news. */
const FRESH_SECS = 300

interface Asking {
  tries: number
  faults: number
  cancel: () => void
  subscription: { close(): void } | null
  /** It is over, or there is nobody to ask. */
  readonly onEnd: () => void
}

export function createReceiptExchange({ receipts, row, customer, provider, clock, log }: ReceiptExchangeOptions): ReceiptExchange {
  const asking = new Map<string, Asking>()
  /** Sellers' jobs whose customer asked before our own receipt was there. */
  const owing = new Map<string, true>()
  const heardOf = new Map<string, number>()

  /** What is kept of a job; nothing while the store takes no writes. */
  function keptOf(job: JobKey): readonly NostrEvent[] {
    try {
      return receipts.ofJob(job)?.receipts ?? []
    } catch (error) {
      log('error', 'the receipts of a job could not be made', { jobId: job.jobId, reason: error instanceof Error ? error.message : String(error) })
      return []
    }
  }

  /** The one of the end, that fits a note; null when there is none. */
  function ownOf(job: JobKey): NostrEvent | null {
    const own = keptOf(job).find((event) => isOf(event, job.role) && isJobReceipt(event))
    return own !== undefined && writeSettlementNote({ type: 'receipt', receipt: own }).length <= MAX_NOTE_CHARACTERS ? own : null
  }

  /** Keeps it, if it is what it says. Returns whether the other side's word on the end is here now. */
  function keep(job: JobKey, receipt: NostrEvent): boolean {
    try {
      const kept = receipts.keepForeign(job, receipt)
      if (!kept.ok) log('debug', 'a receipt that was handed over was not kept', { jobId: job.jobId, reason: kept.error.message })
      return kept.ok && isJobReceipt(receipt)
    } catch (error) {
      log('error', 'a receipt that was handed over could not be kept', { jobId: job.jobId, reason: error instanceof Error ? error.message : String(error) })
      return false
    }
  }

  function begin(jobId: string, firstMs: number, onEnd = () => {}): void {
    end(jobId)
    const [oldest] = asking.size >= MAX_ASKING ? asking.keys() : []
    if (oldest !== undefined) end(oldest)
    const one: Asking = { tries: 0, faults: 0, cancel: () => {}, subscription: null, onEnd }
    asking.set(jobId, one)
    one.cancel = clock.after(firstMs, () => ask(jobId, one))
  }

  function ask(jobId: string, one: Asking): void {
    const waitMs = WAITS_MS[one.tries + 1]
    const own = waitMs === undefined ? null : ownOf({ role: 'customer', jobId })
    if (customer === null || own === null || waitMs === undefined) return end(jobId)
    one.subscription ??= customer.hear(jobId, (receipt) => {
      if (asking.get(jobId) !== one) return
      if (keep({ role: 'customer', jobId }, receipt) || ++one.faults >= MAX_HEARD) end(jobId)
    })
    // It may have been there already, and then all is said.
    if (asking.get(jobId) !== one) return
    one.tries += 1
    one.cancel = clock.after(waitMs, () => ask(jobId, one))
    // A seller that is away is not known to hear it; it may be back by then.
    if (one.subscription !== null) void say(customer, jobId, own)
    else one.onEnd()
  }

  function end(jobId: string): void {
    const one = asking.get(jobId)
    asking.delete(jobId)
    one?.cancel()
    one?.subscription?.close()
    one?.onEnd()
  }

  function answer(jobId: string): void {
    const own = ownOf({ role: 'provider', jobId })
    if (own === null) setBounded(owing, jobId, true, MAX_REMEMBERED)
    else void say(provider, jobId, own)
  }

  async function say(way: ReceiptWay, jobId: string, own: NostrEvent): Promise<void> {
    try {
      await way.send(jobId, own)
    } catch (error) {
      log('error', 'a receipt could not be handed over', { jobId, reason: error instanceof Error ? error.message : String(error) })
    }
  }

  return {
    made({ role, jobId }) {
      if (role === 'customer') begin(jobId, WAITS_MS[0] ?? 0)
      else if (owing.delete(jobId)) answer(jobId)
    },
    heard(jobId, receipt, createdAt) {
      const times = (heardOf.get(jobId) ?? 0) + 1
      setBounded(heardOf, jobId, times, MAX_REMEMBERED)
      if (times > MAX_HEARD) return
      const job = { role: 'provider', jobId } as const
      const isNews = keptOf(job).every(({ id }) => id !== receipt.id)
      if (keep(job, receipt) && (isNews || clock.now() / 1_000 - createdAt <= FRESH_SECS)) answer(jobId)
    },
    now(jobId) {
      const job = { role: 'customer', jobId } as const
      const isDone = ownOf(job) === null || keptOf(job).some((event) => isOf(event, 'provider') && isJobReceipt(event))
      return isDone ? Promise.resolve() : new Promise((resolve) => begin(jobId, 0, resolve))
    },
    resume() {
      const since = clock.now() - WEEK_MS
      const recent = receipts.page({ limit: MAX_ASKING }).filter(({ role, createdAt, own, other }) => role === 'customer' && createdAt >= since && own !== null && (other === null || !isJobReceipt(other)))
      for (const { jobId } of recent) if (row({ role: 'customer', jobId })?.final === true) begin(jobId, AGAIN_AFTER_MS)
    },
    close() {
      for (const jobId of asking.keys()) end(jobId)
    },
  }
}

/** Of a job's two receipts of the end, the one that this role signed. */
function isOf({ tags }: NostrEvent, role: JobKey['role']): boolean {
  return tags.some(([name, value]) => name === 'role' && value === role)
}
