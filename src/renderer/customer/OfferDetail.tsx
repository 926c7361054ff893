import { X } from 'lucide-react'
import type { ReactNode } from 'react'
import type { OfferRow } from '#shared/ipc/customer.ts'
import { Amount } from '#renderer/ui/Amount.tsx'
import { durationText } from '#renderer/ui/agoText.ts'
import { Button } from '#renderer/ui/Button.tsx'
import { CopyButton } from '#renderer/ui/CopyButton.tsx'
import { IconButton } from '#renderer/ui/IconButton.tsx'
import { ProblemNote } from '#renderer/ui/ProblemNote.tsx'
import { ShortId } from '#renderer/ui/ShortId.tsx'
import { TimeAgo } from '#renderer/ui/TimeAgo.tsx'
import { OfferMarks } from './OfferMarks.tsx'

export interface OfferDetailProps {
  offer: OfferRow
  chosen: boolean
  onUse: () => void
  onClose: () => void
}

/** One offer, whole: what it says of itself, what we know of it, and the event as it came. Over the table in a narrow window. */
export function OfferDetail({ offer, chosen, onUse, onClose }: OfferDetailProps) {
  const { history } = offer
  return (
    <aside aria-label={`Offer of ${offer.name}`} className="absolute inset-0 top-14 z-20 flex flex-col bg-bg wide:static wide:w-88 wide:shrink-0 wide:border-l wide:border-line">
      <header className="flex items-start gap-2 px-4 pb-1 pt-3">
        <div className="min-w-0 flex-1">
          <h3 className="font-semibold wrap-anywhere">{offer.name}</h3>
          <p className="mt-1 flex flex-wrap gap-1">
            <OfferMarks offer={offer} chosen={chosen} />
          </p>
        </div>
        <IconButton icon={X} size="small" label="Close the detail" onClick={onClose} />
      </header>
      <div className="flex min-h-0 flex-1 flex-col gap-4 overflow-y-auto px-4 py-2">
        {offer.about ? <p className="text-muted wrap-anywhere">{offer.about}</p> : null}
        {offer.unavailable ? <ProblemNote level="info" message={offer.unavailable} /> : null}
        <dl className="grid grid-cols-[auto_1fr] items-baseline gap-x-4 gap-y-1.5">
          <Fact name="Price">{offer.priceMsat === undefined ? 'not said' : <Amount msat={offer.priceMsat} />}</Fact>
          <Fact name="Models">{offer.models.join(', ') || 'not said'}</Fact>
          <Fact name="Network">{offer.network ?? 'not said'}</Fact>
          <Fact name="Seen">
            <TimeAgo at={offer.announcedAt} />
          </Fact>
          {offer.expiresAt === undefined ? null : <Fact name="Valid until">{new Date(offer.expiresAt).toLocaleTimeString()}</Fact>}
          <Fact name="Bought">
            {history.done === 0 && history.failed === 0 ? 'never' : `${history.done} done, ${history.failed} failed, `}
            {history.spentMsat > 0 ? <Amount msat={history.spentMsat} /> : null}
          </Fact>
          {history.tokensPerSecond === undefined ? null : <Fact name="Speed">{history.tokensPerSecond.toFixed(1)} tokens/s</Fact>}
          {history.firstTextMs === undefined ? null : <Fact name="First words">after {durationText(history.firstTextMs)}</Fact>}
          <Fact name="Key">
            <ShortId id={offer.pubkey} name="the seller’s key" />
          </Fact>
          {offer.channelId === undefined ? null : (
            <Fact name="Channel">
              <ShortId id={offer.channelId} name="the channel’s id" />
            </Fact>
          )}
          <Fact name="Relays">{offer.relays.join(', ') || 'not said'}</Fact>
          <Fact name="Heard by">{offer.source === 'listing' ? 'its listing' : 'its word in the channel'}</Fact>
        </dl>
        <details className="rounded-lg border border-line">
          <summary className="cursor-pointer rounded-lg px-3 py-2 text-muted">The event as it came</summary>
          <div className="flex justify-end border-t border-line px-1 pt-1">
            <CopyButton text={offer.raw} label="Copy the event" />
          </div>
          <pre className="px-3 pb-3 font-mono text-xs whitespace-pre-wrap wrap-anywhere">{prettyJson(offer.raw)}</pre>
        </details>
      </div>
      <footer className="border-t border-line p-4">
        <Button variant="primary" className="w-full" disabled={offer.unavailable !== undefined} onClick={onUse}>
          {chosen ? 'Keep this seller' : 'Ask this seller'}
        </Button>
      </footer>
    </aside>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0 wrap-anywhere">{children}</dd>
    </>
  )
}

function prettyJson(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}
