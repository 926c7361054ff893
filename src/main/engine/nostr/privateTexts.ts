/** Private texts too long for one event (PROTOCOL.md §5): cut and sealed by their author, collected by their reader. */
import { fail, ok, type Result } from '#shared/market/result.ts'
import type { EventTemplate } from '#shared/protocol/event.ts'
import { MAX_PARTS, type TextParts } from '#shared/protocol/jobRequest.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import { joinParts, MAX_PRIVATE_TEXT_BYTES, partTemplate, sliceText } from '#shared/protocol/privateParts.ts'
import type { Clock } from '../ports.ts'
import type { Cipher } from './cipher.ts'
import type { RelayPool } from './relayPool.ts'
import type { SteadyCipher } from './steadyCipher.ts'

export interface WantedText extends TextParts {
  /** Hex public key that must have signed every part. */
  readonly author: string
  /** Where to look; the pool's read relays when absent. */
  readonly relays?: readonly string[]
  /** UTF-8 bytes that are of any use; what any private text may have when absent. */
  readonly maxBytes?: number
  /** How long the relays may take to hand it over; 20 s when absent. */
  readonly patienceMs?: number
}

/** The text, or why it cannot be had: `too-long`, `busy`, `parts-missing`, `parts-unreadable`, `wrong-digest`, `stopped`. */
export type CollectText = (wanted: WantedText, signal: AbortSignal) => Promise<Result<string>>

export interface TextCollectorOptions {
  readonly pool: Pick<RelayPool, 'subscribe'>
  readonly cipher: Pick<Cipher, 'decrypt'>
  readonly clock: Clock
}

const PATIENCE_MS = 20_000
/** Each costs up to a mebibyte and a subscription. */
const MAX_AT_ONCE = 8
/** Parts on their way at the same time. */
const PARTS_AT_ONCE = 4

export function createTextCollector({ pool, cipher, clock }: TextCollectorOptions): CollectText {
  let collecting = 0

  function collect({ ids, sha256, author, relays, maxBytes = MAX_PRIVATE_TEXT_BYTES, patienceMs = PATIENCE_MS }: WantedText, signal: AbortSignal): Promise<Result<string>> {
    return new Promise((resolve) => {
      const slices = new Map<string, string>()
      let bytes = 0
      const end = (result: Result<string>) => {
        cancelTimer()
        subscription.close()
        signal.removeEventListener('abort', leave)
        resolve(result)
      }
      const leave = () => end(fail('stopped', 'Nobody waits for this text any more.'))
      const cancelTimer = clock.after(patienceMs, () => end(fail('parts-missing', `Of the text’s ${ids.length} parts the relays have handed over ${slices.size}.`)))
      signal.addEventListener('abort', leave, { once: true })
      const subscription = pool.subscribe([{ ids: [...new Set(ids)], kinds: [KIND.privatePart], authors: [author] }], {
        ...(relays === undefined ? {} : { relays }),
        onEvent(event) {
          if (event.pubkey !== author || !ids.includes(event.id) || slices.has(event.id)) return
          const slice = cipher.decrypt(author, event.content)
          if (!slice.ok) {
            end(fail('parts-unreadable', 'A part of the text cannot be decrypted.'))
            return
          }
          bytes += Buffer.byteLength(slice.value)
          slices.set(event.id, slice.value)
          if (bytes > maxBytes) end(fail('too-long', `The text has more than ${maxBytes} bytes.`))
          else if (ids.every((id) => slices.has(id))) end(joinParts(ids.map((id) => slices.get(id) ?? ''), sha256))
        },
      })
    })
  }

  return async (wanted, signal) => {
    if (wanted.ids.length > MAX_PARTS) return fail('too-long', `The text comes in more than ${MAX_PARTS} parts.`)
    if (signal.aborted) return fail('stopped', 'Nobody waits for this text any more.')
    if (collecting >= MAX_AT_ONCE) return fail('busy', 'Too many long texts are being read at the same time. Try again in a moment.')
    collecting += 1
    try {
      return await collect(wanted, signal)
    } finally {
      collecting -= 1
    }
  }
}

/** The parts of a well-formed text, in order, for its author to sign. The same arguments give the same events. Fails with `invalid-peer`. */
export function sealText(text: string, peer: string, cipher: SteadyCipher, createdAt: number): Result<readonly EventTemplate[]> {
  const templates: EventTemplate[] = []
  for (const slice of sliceText(text)) {
    const sealed = cipher.encryptSteadily(peer, slice)
    if (!sealed.ok) return sealed
    templates.push(partTemplate(peer, sealed.value, createdAt))
  }
  return ok(templates)
}

/** Publishes the parts, a few at a time. Their ids in order, once relays have them all; null when one is on none. */
export async function publishParts<Part>(parts: readonly Part[], publish: (part: Part) => Promise<{ readonly eventId: string } | null>): Promise<readonly string[] | null> {
  const ids: string[] = []
  for (let next = 0; next < parts.length; next += PARTS_AT_ONCE) {
    for (const delivery of await Promise.all(parts.slice(next, next + PARTS_AT_ONCE).map(publish))) {
      if (delivery === null) return null
      ids.push(delivery.eventId)
    }
  }
  return ids
}
