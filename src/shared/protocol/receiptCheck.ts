/**
 * What a file of receipts proves, from itself alone (docs/protocol.md §5): whether each is what its signer said, whether those of one
 * job agree, and what the words and secrets that are given besides open.
 */
import type { Result } from '../market/result.ts'
import { jobIdOf } from './channel.ts'
import type { NostrEvent } from './event.ts'
import { digestTranscript } from './jobReceipt.ts'
import { describeJob, type ReceiptFinding } from './receiptFindings.ts'
import { hashesOf, isTranscriptOf, openReceipt, type ReadReceipt, type Transcript } from './receiptReading.ts'

/** What is held against the receipts. */
export interface ReceiptEvidence {
  /** Whether the event's id is the hash of its fields and the signature is its author's. */
  readonly verify: (event: NostrEvent) => boolean
  readonly transcript: Transcript | null
  /** Hex SHA-256 of the secrets given: each is a payment hash, or opens none. */
  readonly openedHashes: readonly string[]
}

export interface CheckedJob {
  readonly jobId: string
  readonly requestId: string
  /** The good ones, in the order of the file. */
  readonly receipts: readonly ReadReceipt[]
  readonly findings: readonly ReceiptFinding[]
}

export interface ReceiptReport {
  readonly jobs: readonly CheckedJob[]
  /** What is no good receipt, by its place in the file from 0, and why, as a sentence. */
  readonly refused: readonly { readonly index: number; readonly reason: string }[]
  /** What of the evidence belongs to none of the jobs: a slip, or not what it is said to be. */
  readonly strays: readonly string[]
  /** Nothing was refused, nothing contradicts anything, and all that was given fits. */
  readonly isGood: boolean
}

export function checkReceipts(items: readonly Result<NostrEvent>[], evidence: ReceiptEvidence): ReceiptReport {
  const refused: { readonly index: number; readonly reason: string }[] = []
  const byRequest = new Map<string, ReadReceipt[]>()
  items.forEach((item, index) => {
    const read = item.ok ? openReceipt(item.value, evidence.verify) : item
    if (!read.ok) return void refused.push({ index, reason: read.error.message })
    const others = byRequest.get(read.value.requestId) ?? []
    byRequest.set(read.value.requestId, others)
    // The same one twice says nothing more.
    if (others.every(({ event }) => event.id !== read.value.event.id)) others.push(read.value)
  })
  const requestOf = new Map([...byRequest].flatMap(([requestId, receipts]) => receipts.flatMap(hashesOf).map((hash) => [hash, requestId] as const)))
  const jobs = [...byRequest].map(([requestId, receipts]) => ({ jobId: jobIdOf(requestId), requestId, receipts, findings: [...describeJob(receipts, evidence), ...findShared(requestId, receipts, requestOf)] }))
  const strays = findStrays(jobs.flatMap(({ receipts }) => receipts), evidence)
  const isContradicted = jobs.some(({ findings }) => findings.some(({ verdict }) => verdict === 'contradicted'))
  return { jobs, refused, strays, isGood: jobs.length > 0 && refused.length === 0 && strays.length === 0 && !isContradicted }
}

/** One payment is for one job: who counts it for two says of one of them what is not so. */
function findShared(requestId: string, receipts: readonly ReadReceipt[], requestOf: ReadonlyMap<string, string>): readonly ReceiptFinding[] {
  const shared = receipts.flatMap(hashesOf).find((hash) => requestOf.get(hash) !== requestId)
  return shared === undefined ? [] : [{ verdict: 'contradicted', text: `The payment ${shared.slice(0, 12)}… is named for ${jobIdOf(requestOf.get(shared) ?? requestId)} too: one payment is for one job.` }]
}

function findStrays(receipts: readonly ReadReceipt[], { transcript, openedHashes }: ReceiptEvidence): readonly string[] {
  const known = new Set(receipts.flatMap(hashesOf))
  const strays = openedHashes.filter((hash) => !known.has(hash)).map((hash) => `A preimage that was given opens no payment of these receipts: its hash is ${hash}.`)
  if (transcript === null || receipts.some((receipt) => isTranscriptOf(receipt, transcript))) return strays
  return [...strays, `The transcript that was given is of no job here: its SHA-256 is ${digestTranscript(transcript.prompt, transcript.answer)}.`]
}
