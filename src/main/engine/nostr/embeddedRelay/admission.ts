import type { NostrEvent } from '#shared/protocol/event.ts'
import { isEphemeral, KIND } from '#shared/protocol/kinds.ts'
import { provenBits } from '#shared/protocol/nip13.ts'
import { expirationOf, isIndexedTag } from './eventShape.ts'
import type { RelayLimits } from './limits.ts'
import type { Refusal } from './refusal.ts'

/** The cheap rules (PROTOCOL.md §1), judged before the signature is. Null lets the event on. */
export function findRefusal(event: NostrEvent, eventBytes: number, nowSecs: number, limits: RelayLimits): Refusal | null {
  if (eventBytes > limits.maxEventBytes) {
    return `invalid: the event is ${eventBytes} bytes, more than the ${limits.maxEventBytes} that this relay takes`
  }
  // Half a surrogate pair has no UTF-8, so what it hashes to is each implementation's own guess.
  if (!event.content.isWellFormed() || !event.tags.every((tag) => tag.every((value) => value.isWellFormed()))) {
    return 'invalid: the text is not well-formed Unicode'
  }
  for (const [name, value] of event.tags) {
    if (isIndexedTag(name) && value !== undefined && Buffer.byteLength(value) > limits.maxTagValueBytes) {
      return `invalid: the value of a '${name}' tag is longer than ${limits.maxTagValueBytes} bytes`
    }
  }
  if (event.kind === KIND.relayAuth) return `invalid: kind ${KIND.relayAuth} is sent with AUTH, not with EVENT`
  if (limits.minPowBits > 0 && provenBits(event) < limits.minPowBits) {
    return `pow: this relay wants ${limits.minPowBits} bits of work, and the event has ${provenBits(event)}`
  }
  if (event.created_at > nowSecs + limits.maxFutureSecs) {
    return `invalid: created_at is more than ${limits.maxFutureSecs} seconds ahead; check the clock`
  }
  if (isEphemeral(event.kind) && event.created_at < nowSecs - limits.maxEphemeralAgeSecs) {
    return `invalid: an ephemeral event may be at most ${limits.maxEphemeralAgeSecs} seconds old`
  }
  const expiresAt = expirationOf(event)
  if (Number.isNaN(expiresAt)) return 'invalid: the expiration tag is not a Unix time in seconds'
  if (expiresAt !== null && expiresAt <= nowSecs) return 'invalid: the event has expired'
  return null
}
