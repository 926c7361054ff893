import { X } from 'lucide-react'
import type { ReactNode } from 'react'
import type { OfferRow } from '#shared/ipc/customer.ts'
import type { PriceUnit } from '#shared/market/offer.ts'
import { MuteSeller } from '#renderer/channels/MuteSeller.tsx'
import { Amount } from '#renderer/ui/Amount.tsx'
import { durationText } from '#renderer/ui/agoText.ts'
import { Button } from '#renderer/ui/Button.tsx'
import { IconButton } from '#renderer/ui/IconButton.tsx'
import { ProblemNote } from '#renderer/ui/ProblemNote.tsx'
import { ShortId } from '#renderer/ui/ShortId.tsx'
import { PrivacyMark } from '#renderer/ui/PrivacyMark.tsx'
import { bestPrivacy, DIALECT_WORDS } from '#renderer/ui/privacyText.ts'
import { SettlementMark } from '#renderer/ui/SettlementMark.tsx'
import { TimeAgo } from '#renderer/ui/TimeAgo.tsx'
import { EventAsItCame } from './EventAsItCame.tsx'
import { OfferMarks } from './OfferMarks.tsx'
import { SeenMark } from './SeenMark.tsx'
import { settlementsOf } from './settlementChoices.ts'

export interface OfferDetailProps {
  offer: OfferRow
  chosen: boolean
  onUse: () => void
  onClose: () => void
}

/** One offer, whole: what it says of itself, what we know of it, and the event as it came. Over the table in a narrow window. */
export function OfferDetail({ offer, chosen, onUse, onClose }: OfferDetailProps) {
  const { history } = offer
  const privacy = bestPrivacy(offer.dialects)
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
          {offer.prices?.map(({ unit, msat, model }) => (
            <Fact key={`${unit} ${model ?? ''}`} name={PRICE_WORDS[unit]}>
              <Amount msat={msat} />
              {model === undefined ? null : ` for ${model}`}
            </Fact>
          ))}
          <Fact name="Settled">
            <span className="flex flex-wrap gap-x-3 gap-y-1">
              {settlementsOf(offer).map((settlement) => (
                <SettlementMark key={settlement} settlement={settlement} />
              ))}
            </span>
          </Fact>
          <Fact name="Models">{offer.models.join(', ') || 'not said'}</Fact>
          <Fact name="Network">{offer.network ?? 'not said'}</Fact>
          <Fact name="Who reads">{privacy ? <PrivacyMark privacy={privacy} /> : 'not said'}</Fact>
          <Fact name="Speaks">{offer.dialects.map((dialect) => DIALECT_WORDS[dialect]).join(', ') || 'nothing that Souk knows'}</Fact>
          <Fact name="State">
            <SeenMark offer={offer} long />
          </Fact>
          <Fact name="Announced">
            <TimeAgo at={offer.announcedAt} />
          </Fact>
          {offer.expiresAt === undefined ? null : <Fact name="Valid until">{new Date(offer.expiresAt).toLocaleTimeString()}</Fact>}
          <Fact name="Bought">
            {history.done === 0 && history.failed === 0 ? (history.spentMsat > 0 ? 'nothing ended yet' : 'never') : `${history.done} done, ${history.failed} failed`}
            {history.spentMsat > 0 ? <>, <Amount msat={history.spentMsat} /></> : null}
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
        <EventAsItCame key={offer.key} offerKey={offer.key} announcedAt={offer.announcedAt} />
        {offer.own ? null : <MuteSeller pubkey={offer.pubkey} name={offer.name} onMuted={onClose} />}
      </div>
      <footer className="border-t border-line p-4">
        <Button variant="primary" className="w-full" disabled={offer.unavailable !== undefined} onClick={onUse}>
          {chosen ? 'Keep this seller' : 'Ask this seller'}
        </Button>
      </footer>
    </aside>
  )
}

const PRICE_WORDS: Record<PriceUnit, string> = { 'per-request': 'Price', 'per-1k-input-tokens': '1,000 tokens in', 'per-1k-output-tokens': '1,000 tokens out' }

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0 wrap-anywhere">{children}</dd>
    </>
  )
}
