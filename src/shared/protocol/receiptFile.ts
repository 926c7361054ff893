/** Receipts as a file (docs/protocol.md §5): what is exported, and what `souk receipt verify` reads. */
import { z } from 'zod'
import { fail, ok, type Result } from '../market/result.ts'
import { safeParse } from '../safeParse.ts'
import type { NostrEvent } from './event.ts'
import type { ReceiptRole } from './jobReceipt.ts'
import { keptReceiptSchema } from './receipt.ts'
import { describeFault } from './wireJson.ts'

/** What is kept of one job: the receipts of both sides, as far as they are there. */
export interface JobReceipts {
  readonly jobId: string
  /** Of who exported it. */
  readonly role: ReceiptRole
  readonly receipts: readonly NostrEvent[]
}

/** UTF-16 units of a file that is read, and receipts in it. */
export const MAX_RECEIPT_FILE = 64 * 1_048_576
export const MAX_RECEIPTS = 100_000
/** UTF-16 units of a transcript: a prompt and an answer of a mebibyte each, written as JSON. */
export const MAX_TRANSCRIPT_FILE = 16 * 1_048_576
const VERSION = 1

/** Of what is around the events, only they matter: they say themselves which job and which side they are of. */
const entrySchema = z.object({ receipts: z.array(z.unknown()).max(MAX_RECEIPTS) })
const bundleSchema = z.object({ souk_receipts: z.number().int().min(VERSION), jobs: z.array(entrySchema).max(MAX_RECEIPTS) })
const transcriptSchema = z.tuple([z.string(), z.string()])

/** The export: one JSON object, a job a line, and a line's end after it. */
export function writeReceiptFile(jobs: readonly JobReceipts[]): string {
  const lines = jobs.map(({ jobId, role, receipts }) => JSON.stringify({ job: jobId, role, receipts }))
  return `{"souk_receipts":${VERSION},"jobs":[\n${lines.join(',\n')}\n]}\n`
}

/**
 * Reads an export, a list of receipts, or one alone: each receipt as an event of bounded size, or what is wrong with it. Signatures
 * and what the events say are not looked at. Problems with the whole: `too-long`, `not-json`, `no-receipts`.
 */
export function parseReceiptFile(text: string): Result<readonly Result<NostrEvent>[]> {
  if (text.length > MAX_RECEIPT_FILE) return fail('too-long', `The file is longer than ${MAX_RECEIPT_FILE} characters.`)
  const value = jsonOf(text)
  if (value === undefined) return fail('not-json', 'This is not JSON, or it was cut off.')
  const found = receiptsIn(value)
  if (found === null || found.length === 0) return fail('no-receipts', 'There is no receipt in this file.')
  if (found.length > MAX_RECEIPTS) return fail('too-long', `The file has more than ${MAX_RECEIPTS} receipts.`)
  return ok(found.map(readReceipt))
}

function receiptsIn(value: unknown): readonly unknown[] | null {
  if (Array.isArray(value)) {
    return value.flatMap((each: unknown) => {
      const entry = safeParse(entrySchema, each)
      return entry.success ? entry.data.receipts : [each]
    })
  }
  const bundle = safeParse(bundleSchema, value)
  if (bundle.success) return bundle.data.jobs.flatMap(({ receipts }) => receipts)
  const entry = safeParse(entrySchema, value)
  if (entry.success) return entry.data.receipts
  return typeof value === 'object' && value !== null && 'sig' in value ? [value] : null
}

/** Unknown fields of the event are dropped: they are no part of what is signed. */
function readReceipt(value: unknown): Result<NostrEvent> {
  const parsed = safeParse(keptReceiptSchema, value)
  return parsed.success ? ok(parsed.data) : fail('bad-receipt', `This is not a receipt. ${describeFault(parsed.error)}`)
}

/** A transcript to keep beside its receipts: `digestTranscript` is the SHA-256 of this text without its line's end. */
export function writeTranscript(prompt: string, answer: string): string {
  return `${JSON.stringify([prompt.toWellFormed(), answer.toWellFormed()])}\n`
}

/** Reads a list of the prompt and the answer, however it is spaced. Problems: `too-long`, `not-json`, `not-a-transcript`. */
export function parseTranscript(text: string): Result<{ readonly prompt: string; readonly answer: string }> {
  if (text.length > MAX_TRANSCRIPT_FILE) return fail('too-long', `The transcript is longer than ${MAX_TRANSCRIPT_FILE} characters.`)
  const value = jsonOf(text)
  if (value === undefined) return fail('not-json', 'The transcript is not JSON: it is ["the prompt","the answer"].')
  const parsed = safeParse(transcriptSchema, value)
  if (!parsed.success) return fail('not-a-transcript', 'The transcript is not a list of two texts: ["the prompt","the answer"].')
  const [prompt, answer] = parsed.data
  return ok({ prompt, answer })
}

/** What a text holds that may begin with a byte order mark; undefined when it is no JSON. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch {
    return undefined
  }
}
