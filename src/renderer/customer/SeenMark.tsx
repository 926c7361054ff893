import type { OfferRow } from '#shared/ipc/customer.ts'
import { useNow } from '#renderer/state/useNow.ts'
import { joinClasses } from '#renderer/ui/joinClasses.ts'
import { seenWords } from './seenText.ts'

/** Whether a seller is there, and since when that is known: a full dot for live, a ring for who was not seen lately. */
export function SeenMark({ offer, long = false }: { offer: OfferRow; long?: boolean }) {
  const words = seenWords(offer, useNow())
  return (
    <time dateTime={new Date(offer.lastSeenAt).toISOString()} title={words.long} className={joinClasses('inline-flex items-center gap-1.5', long ? null : 'whitespace-nowrap')}>
      <span aria-hidden className={joinClasses('size-1.5 shrink-0 rounded-full', words.live ? 'bg-current' : 'border border-current')} />
      {long ? words.long : words.short}
      {long || words.live ? null : <span className="sr-only">, not live</span>}
    </time>
  )
}
