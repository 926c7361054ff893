/** What lies in the sandbox's folder, shared by every Souk of one user on one machine. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { safeParse } from '#shared/safeParse.ts'
import type { Random } from '../ports.ts'

const noticeSchema = z.object({
  relayUrl: z.string().regex(/^ws:\/\/127\.0\.0\.1:\d{1,5}$/),
  mintPubkey: z.string().regex(/^[0-9a-f]{64}$/),
  housePubkey: z.string().regex(/^[0-9a-f]{64}$/).nullable(),
  /** False while a host is starting: the rest is of the host before. */
  ready: z.boolean(),
})
/** sandbox.json: how guests find their host, and a new host the port of the last. */
export type Notice = z.output<typeof noticeSchema>

const SECRET_KEY = /^[0-9a-f]{64}$/

export function relayDatabasePath(folder: string): string {
  return join(folder, 'relay.db')
}

/** Also what `souk mint audit` reads. */
export function mintDatabasePath(folder: string): string {
  return join(folder, 'mint.db')
}

/** Null when there is none, or none that can be read: then a host begins anew. */
export function readNotice(folder: string): Notice | null {
  try {
    const parsed = safeParse(noticeSchema, JSON.parse(readFileSync(noticePath(folder), 'utf8')))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}

export function writeNotice(folder: string, notice: Notice): void {
  writeWhole(noticePath(folder), JSON.stringify(notice))
}

/** The mint's key, made on first use. Guards play money only; still nobody else's to read. */
export function loadMintKey(folder: string, random: Random): Uint8Array {
  const path = join(folder, 'mint.key')
  try {
    const text = readFileSync(path, 'utf8').trim()
    if (SECRET_KEY.test(text)) return Uint8Array.from(Buffer.from(text, 'hex'))
  } catch {
    // None yet.
  }
  const key = random.bytes(32)
  writeWhole(path, Buffer.from(key).toString('hex'))
  return key
}

function noticePath(folder: string): string {
  return join(folder, 'sandbox.json')
}

/** Readers see the old file or the new one, never half of it. */
function writeWhole(path: string, text: string): void {
  mkdirSync(join(path, '..'), { recursive: true, mode: 0o700 })
  const temporary = `${path}.${process.pid}.new`
  writeFileSync(temporary, text, { mode: 0o600, flush: true })
  renameSync(temporary, path)
}
