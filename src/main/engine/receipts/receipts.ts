/**
 * The receipts of this Souk's own jobs (docs/protocol.md §5). One's own is made of the stored journal once a job has ended, and kept
 * beside it: made again of the same job it is the same, so a crash at any point loses none, and the next start makes what is missing.
 */
import type { JobRow } from '#shared/ipc/common.ts'
import { fail, ok, type Result } from '#shared/market/result.ts'
import type { NostrEvent } from '#shared/protocol/event.ts'
import { isJobReceipt } from '#shared/protocol/jobReceipt.ts'
import { checkReceipts, type ReceiptReport } from '#shared/protocol/receiptCheck.ts'
import type { JobReceipts } from '#shared/protocol/receiptFile.ts'
import { openReceipt, type Transcript } from '#shared/protocol/receiptReading.ts'
import type { NostrCrypto } from '../nostr/crypto.ts'
import type { Signer } from '../nostr/signer.ts'
import type { Clock, Log } from '../ports.ts'
import type { Journal } from '../store/journal.ts'
import type { JobKey, KeptReceipts, ReceiptPage, ReceiptStore } from '../store/receipts.ts'
import type { JobSigners } from './jobSigners.ts'
import { promptAsSent } from './promptAsSent.ts'
import { factsOfPurchase } from './purchaseFacts.ts'
import { isWorthAReceipt, writeFacts, type ReceiptFacts } from './receiptFacts.ts'
import { factsOfSale } from './saleFacts.ts'

export interface ReceiptsOptions {
  readonly journal: Pick<Journal, 'row' | 'events'>
  readonly store: ReceiptStore
  readonly signers: JobSigners
  readonly crypto: Pick<NostrCrypto, 'verify'>
  readonly clock: Clock
  readonly log: Log
  /** Our own of that job is there, and says something else than before, if there was one. */
  readonly onMade: (job: JobKey) => void
}

export interface Receipts {
  /** What is there of one job, one's own made now when it is due; the list may be empty. Null: no such job. Throws when the store takes no writes. */
  ofJob(job: JobKey): JobReceipts | null
  /** The words that its receipts are of, as far as they are here. Null: no such job, or its journal cannot be read. */
  transcriptOf(job: JobKey): Transcript | null
  /** What they prove, its own words held against them. Null and throws as `ofJob`. */
  check(job: JobKey): ReceiptReport | null
  /** Jobs with receipts, the newest first. */
  page(page: ReceiptPage): readonly KeptReceipts[]
  /** Makes everything that is missing now. Throws when the store takes no writes. */
  makeAll(): void
  /**
   * Keeps what the other side signed about a job: an event as it came, believed when it is that side's, about that job, and its
   * signature holds. The second form takes the place of the first, and a later date that of an earlier one. Problems: `no-job`,
   * `nothing-moved`, `not-theirs`, `older`, and those of `openReceipt`.
   */
  keepForeign(job: JobKey, event: NostrEvent): Result<null>
  /** A job changed: once it has ended, its receipt is made soon. */
  jobChanged(row: JobRow): void
  /** Makes what is missing, in the background. */
  resume(): void
  close(): void
}

/** Made in one go, so that nothing else waits long: a private purchase takes milliseconds. */
const BATCH = 10
/** A store that takes no writes is tried again after this long. */
const RETRY_MS = 60_000

interface Gathered {
  readonly facts: ReceiptFacts
  /** Null: the key that stood for us is no longer ours. */
  readonly signer: Signer | null
  /** The provider's, as it came with the answer. */
  readonly foreign: NostrEvent | null
}

export function createReceipts({ journal, store, signers, crypto, clock, log, onMade }: ReceiptsOptions): Receipts {
  /** Jobs that ended just now. */
  const ended = new Map<string, JobKey>()
  /** How far the look for older ones has come; undefined: it is over. */
  let soughtUpTo: JobKey | null | undefined
  let cancel: (() => void) | null = null
  let isClosed = false

  function gather(job: JobKey, row: JobRow): Gathered | null {
    try {
      const events = journal.events(job.role, job.jobId)
      if (job.role === 'provider') {
        const facts = factsOfSale(events, signers.pubkey)
        return facts === null ? null : { facts, signer: signers.of(facts.provider, null), foreign: null }
      }
      const read = factsOfPurchase(events, row, (request) => promptAsSent(request, () => signers.cipherOf(request.route)))
      return read === null ? null : { facts: read.facts, foreign: read.foreign, signer: signers.of(read.facts.customer, read.request.route) }
    } catch (error) {
      // What JSON.parse complains of it quotes, and that may be a question of somebody's.
      const reason = error instanceof SyntaxError ? 'an event of it is no JSON' : error instanceof Error ? error.message : String(error)
      log('error', 'the journal of a job cannot be read for its receipt', { jobId: job.jobId, reason })
      return null
    }
  }

  /** Makes and keeps what our side signs. Returns whether that is something new. Throws when the store does. */
  function make(job: JobKey): boolean {
    const row = journal.row(job.role, job.jobId)
    if (row === null || !row.final) return false
    const gathered = gather(job, row)
    const own = gathered === null || !isWorthAReceipt(gathered.facts) ? null : sign(gathered, row)
    const isNew = own !== null && own.id !== store.find(job, 'own')?.id
    store.keep(job, 'own', own, row.updatedAt)
    if (gathered === null || gathered.foreign === null) return isNew
    const kept = keepOther(job, row, gathered.facts, gathered.foreign)
    if (!kept.ok && kept.error.code !== 'older') log('warn', 'a receipt was not kept', { jobId: job.jobId, reason: kept.error.message })
    return isNew
  }

  function sign({ facts, signer }: Gathered, row: JobRow): NostrEvent | null {
    const template = writeFacts(facts, row)
    if (template.ok && signer !== null) return signer.sign(template.value)
    log('warn', 'no receipt is signed for a job', { jobId: row.jobId, reason: template.ok ? 'the key that stood for us in it is no longer ours' : template.error.message })
    return null
  }

  function keepOther(job: JobKey, row: JobRow, facts: ReceiptFacts, event: NostrEvent): Result<null> {
    const read = openReceipt(event, (signed) => crypto.verify(signed))
    if (!read.ok) return read
    const { role, requestId, customer, provider } = read.value
    const isTheirs = role !== job.role && requestId === facts.requestId && customer === facts.customer && provider === facts.provider
    if (!isTheirs) return fail('not-theirs', 'This receipt is not the other side’s of this job.')
    const kept = store.find(job, 'other')
    if (kept?.id === event.id) return ok(null)
    if (kept !== null && !isLater(event, kept)) return fail('older', 'A later receipt of that side is here already.')
    store.keep(job, 'other', event, row.updatedAt)
    return ok(null)
  }

  function makeBatch(jobs: readonly JobKey[]): void {
    const made = store.transact(() => jobs.filter((job) => store.isDue(job) && make(job)))
    for (const job of made) onMade(job)
  }

  /** The next jobs that may lack a receipt; none when all was looked at. */
  function takeNext(): readonly JobKey[] {
    const fresh = [...ended.values()].slice(0, BATCH)
    if (fresh.length > 0 || soughtUpTo === undefined) return fresh
    return store.due(soughtUpTo, BATCH)
  }

  function advance(jobs: readonly JobKey[]): void {
    const isFresh = ended.size > 0
    for (const { role, jobId } of jobs) ended.delete(`${role} ${jobId}`)
    if (!isFresh) soughtUpTo = jobs.at(-1)
  }

  function schedule(delayMs: number): void {
    if (isClosed || cancel !== null) return
    cancel = clock.after(delayMs, () => {
      cancel = null
      try {
        const jobs = takeNext()
        makeBatch(jobs)
        advance(jobs)
        if (ended.size > 0 || soughtUpTo !== undefined) schedule(0)
      } catch (error) {
        log('error', 'receipts could not be kept', { reason: error instanceof Error ? error.message : String(error) })
        schedule(RETRY_MS)
      }
    })
  }

  function ofJob(job: JobKey): JobReceipts | null {
    if (journal.row(job.role, job.jobId) === null) return null
    if (store.isDue(job)) makeBatch([job])
    return { ...job, receipts: [store.find(job, 'own'), store.find(job, 'other')].filter((event) => event !== null) }
  }

  function transcriptOf(job: JobKey): Transcript | null {
    const row = journal.row(job.role, job.jobId)
    const gathered = row === null ? null : gather(job, row)
    return gathered === null ? null : { prompt: gathered.facts.prompt, answer: gathered.facts.answer }
  }

  return {
    ofJob,
    transcriptOf,
    check(job) {
      const kept = ofJob(job)
      return kept === null ? null : checkReceipts(kept.receipts.map((event) => ok(event)), { verify: (event) => crypto.verify(event), transcript: transcriptOf(job), openedHashes: [] })
    },
    page: (page) => store.list(page),
    makeAll() {
      for (let jobs = store.due(null, BATCH); jobs.length > 0; jobs = store.due(jobs.at(-1) ?? null, BATCH)) makeBatch(jobs)
    },
    keepForeign(job, event) {
      const row = journal.row(job.role, job.jobId)
      const gathered = row === null ? null : gather(job, row)
      if (row === null || gathered === null) return fail('no-job', 'There is no such job here.')
      // Anybody may ask for jobs that come to nothing, and fill the disk with what it signs of them.
      if (!isWorthAReceipt(gathered.facts)) return fail('nothing-moved', 'Nothing was paid or delivered for this job yet.')
      return keepOther(job, row, gathered.facts, event)
    },
    jobChanged(row) {
      if (!row.final) return
      ended.set(`${row.role} ${row.jobId}`, { role: row.role, jobId: row.jobId })
      schedule(0)
    },
    resume() {
      soughtUpTo = null
      schedule(0)
    },
    close() {
      isClosed = true
      cancel?.()
    },
  }
}

/** The second form says all of the job, the first what went out with the answer. */
function isLater(event: NostrEvent, kept: NostrEvent): boolean {
  const [hasAll, hadAll] = [isJobReceipt(event), isJobReceipt(kept)]
  return hasAll === hadAll ? event.created_at > kept.created_at : hasAll
}
