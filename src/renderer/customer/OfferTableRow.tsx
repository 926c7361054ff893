import { memo, type ReactNode } from 'react'
import type { OfferRow } from '#shared/ipc/customer.ts'
import { Amount } from '#renderer/ui/Amount.tsx'
import { joinClasses } from '#renderer/ui/joinClasses.ts'
import { PrivacyMark } from '#renderer/ui/PrivacyMark.tsx'
import { bestPrivacy } from '#renderer/ui/privacyText.ts'
import { SettlementMark } from '#renderer/ui/SettlementMark.tsx'
import { OfferMarks } from './OfferMarks.tsx'
import { SeenMark } from './SeenMark.tsx'
import { settlementsOf } from './settlementChoices.ts'

export const ROW_PX = 36

export interface OfferTableRowProps {
  offer: OfferRow
  index: number
  open: boolean
  chosen: boolean
  /** The one row that the Tab key stops at. */
  tabStop: boolean
}

/** One offer. Rendered again only when it changed: the table hears clicks and keys for all of its rows. */
export const OfferTableRow = memo(function OfferTableRow({ offer, index, open, chosen, tabStop }: OfferTableRowProps) {
  const privacy = bestPrivacy(offer.dialects)
  const models = offer.models.join(', ')
  return (
    <tr
      data-index={index}
      aria-rowindex={index + 2}
      aria-selected={open}
      style={{ height: ROW_PX }}
      className={joinClasses('cursor-pointer border-b border-line', open ? 'bg-hover shadow-[inset_2px_0_0_var(--accent)]' : 'hover:bg-hover')}
    >
      <Cell className="pl-4">
        <span className="flex items-center gap-2">
          <button type="button" tabIndex={tabStop ? 0 : -1} className={joinClasses('truncate rounded-sm text-left', offer.unavailable ? 'text-muted' : 'font-medium')}>
            {offer.name}
          </button>
          <OfferMarks offer={offer} chosen={chosen} />
        </span>
      </Cell>
      <Cell className="hidden text-muted @lg:table-cell">
        <span className="block truncate" title={models}>
          {models || 'not said'}
        </span>
      </Cell>
      <Cell className="px-0 text-center @5xl:px-3 @5xl:text-left">{privacy ? <PrivacyMark privacy={privacy} iconOnly className="align-middle @5xl:[&>span]:not-sr-only @5xl:[&>span]:whitespace-nowrap" /> : <span className="text-muted">–</span>}</Cell>
      <Cell numeric>{offer.priceMsat === undefined ? '–' : <Amount msat={offer.priceMsat} bare />}</Cell>
      <Cell className="hidden @5xl:table-cell">
        <span className="flex gap-2">
          {settlementsOf(offer).map((settlement) => (
            <SettlementMark key={settlement} settlement={settlement} iconOnly />
          ))}
        </span>
      </Cell>
      <Cell numeric className="hidden text-muted @3xl:table-cell">
        {offer.history.tokensPerSecond?.toFixed(1) ?? '–'}
      </Cell>
      <Cell numeric className="hidden text-muted @3xl:table-cell">
        {offer.history.done}
        {offer.history.failed > 0 ? <span title="ended badly"> · {offer.history.failed} failed</span> : null}
      </Cell>
      <Cell className="hidden text-muted @6xl:table-cell">{offer.network ?? '–'}</Cell>
      <Cell numeric className="pr-4 text-muted">
        <SeenMark offer={offer} />
      </Cell>
    </tr>
  )
})

function Cell({ numeric, className, children }: { numeric?: boolean; className?: string; children: ReactNode }) {
  return <td className={joinClasses('overflow-hidden px-3', numeric ? 'whitespace-nowrap text-right' : null, className)}>{children}</td>
}
