import type { OfferRow } from '#shared/ipc/customer.ts'
import { agoText } from '#renderer/ui/agoText.ts'
import { isLive } from './offerRows.ts'

export interface SeenWords {
  readonly live: boolean
  /** For a dense table: "12 s ago", "silent". */
  readonly short: string
  /** "live, seen 12 s ago", "not seen for 20 min". */
  readonly long: string
}

/** Whether a seller is there, and since when that is known. */
export function seenWords(offer: OfferRow, now: number): SeenWords {
  const ago = agoText(offer.lastSeenAt, now)
  if (isLive(offer, now)) return { live: true, short: ago, long: `live, seen ${ago}` }
  const since = ago.endsWith(' ago') ? `for ${ago.slice(0, -' ago'.length)}` : ago === 'now' ? 'just now' : `since ${ago}`
  if (offer.unanswered === true) return { live: false, short: 'silent', long: `does not answer, not seen ${since}` }
  return { live: false, short: ago, long: `not seen ${since}` }
}
