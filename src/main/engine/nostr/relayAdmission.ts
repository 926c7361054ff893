import type { RelayLimitation } from '#shared/protocol/nip11.ts'
import { provenBits } from '#shared/protocol/nip13.ts'
import type { Outgoing } from './outgoing.ts'

/** What the most used relay takes (PROTOCOL.md §1): believed of one that does not say. */
const DEFAULT_MAX_FRAME_BYTES = 65_536
/** No document names this limit, and one value beyond it costs the whole event (PROTOCOL.md §1). */
const MAX_TAG_VALUE_BYTES = 1_024

export interface AdmissionContext {
  /** Null: the relay has not said. */
  readonly limits: RelayLimitation | null
  /** NIP-13 bits that it wants, by its document or its refusals. */
  readonly powBits: number
  /** More work than that is not done here. */
  readonly maxPowBits: number
  readonly isGuest: boolean
  readonly nowSecs: number
}

/** Why a relay would refuse an event, in the form of its own refusal (prefix, then a sentence); null: it may take it. */
export function findObstacle({ event, frameBytes }: Outgoing, { limits, powBits, maxPowBits, isGuest, nowSecs }: AdmissionContext): string | null {
  const maxFrameBytes = limits?.maxMessageBytes ?? DEFAULT_MAX_FRAME_BYTES
  if (frameBytes > maxFrameBytes) return `invalid: the message is ${frameBytes} bytes, and this relay takes ${maxFrameBytes}`
  const longTag = event.tags.find(([name, value]) => name?.length === 1 && value !== undefined && isLongerThan(value, MAX_TAG_VALUE_BYTES))
  if (longTag !== undefined) return `invalid: the value of a '${longTag[0]}' tag is longer than the ${MAX_TAG_VALUE_BYTES} bytes that relays take`
  if (powBits > maxPowBits) return `pow: this relay wants ${powBits} bits of work, and at most ${maxPowBits} are done here`
  const bits = powBits === 0 ? 0 : provenBits(event)
  if (bits < powBits) return `pow: this relay wants ${powBits} bits of work, and the event has ${bits}`
  if (limits === null) return null
  const { maxTags, maxContentChars, createdAtLowerSecs, createdAtUpperSecs, paymentRequired } = limits
  if (maxTags !== null && event.tags.length > maxTags) return `invalid: the event has ${event.tags.length} tags, and this relay takes ${maxTags}`
  if (maxContentChars !== null && event.content.length > maxContentChars) {
    return `invalid: the content has ${event.content.length} characters, and this relay takes ${maxContentChars}`
  }
  if (createdAtLowerSecs !== null && event.created_at < nowSecs - createdAtLowerSecs) {
    return `invalid: created_at is more than the ${createdAtLowerSecs} seconds back that this relay takes`
  }
  if (createdAtUpperSecs !== null && event.created_at > nowSecs + createdAtUpperSecs) {
    return `invalid: created_at is more than the ${createdAtUpperSecs} seconds ahead that this relay takes`
  }
  // Who has put a relay on the list may have paid it; nobody has paid a relay that a stranger named.
  if (paymentRequired && isGuest) return 'restricted: this relay takes events from those who pay it'
  return null
}

function isLongerThan(text: string, bytes: number): boolean {
  return text.length > bytes / 3 && Buffer.byteLength(text) > bytes
}
