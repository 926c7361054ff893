import { Check, Coins } from 'lucide-react'
import { useMemo, useState } from 'react'
import type { OfferRow, Selection } from '#shared/ipc/customer.ts'
import { useEngineSlice } from '#renderer/state/useEngineState.ts'
import { useView } from '#renderer/state/view.ts'
import { Button } from '#renderer/ui/Button.tsx'
import { EmptyState } from '#renderer/ui/EmptyState.tsx'
import { Sheet } from '#renderer/ui/Sheet.tsx'
import { SkeletonRows } from '#renderer/ui/Skeleton.tsx'
import { OfferDetail } from './OfferDetail.tsx'
import { FIRST_WISHES, NO_WISHES, OfferFilters, queryOf } from './OfferFilters.tsx'
import type { OfferSort } from './offerRows.ts'
import { OfferTable } from './OfferTable.tsx'
import { OpenRequestChoice } from './OpenRequestChoice.tsx'
import { refusedText } from './refusedText.ts'
import { useSettlementWish } from './settlementWishes.ts'
import { useExpectedOffer } from './useExpectedOffer.ts'
import { useOfferView } from './useOfferView.ts'
import { useWanted } from './useWanted.ts'

const NOTHING: readonly string[] = []

/** Who sells: searched, filtered, sorted; one row in detail; and the choice of who answers next. */
export function Directory({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  const selection = useView((view) => view.selection)
  const setSelection = useView((view) => view.setSelection)
  const settlement = useSettlementWish(useView((view) => view.threadId))
  const [inSight, setInSight] = useState(NOTHING)
  const expected = useExpectedOffer({ selection, settlement })
  useWanted([...(expected ? [expected.key] : []), ...(open ? inSight : NOTHING)])
  const choose = (next: Selection) => {
    setSelection(next)
    onOpenChange(false)
  }
  return (
    <Sheet
      open={open}
      onOpenChange={onOpenChange}
      title="Sellers"
      action={
        <>
          <OpenRequestChoice chosen={selection.by === 'open'} onChoose={choose} />
          <Button size="small" icon={selection.by === 'cheapest' ? Check : Coins} aria-pressed={selection.by === 'cheapest'} onClick={() => choose({ by: 'cheapest' })}>
            Cheapest<span className="max-sm:sr-only"> automatically</span>
          </Button>
        </>
      }
    >
      <DirectoryBody selection={selection} choose={choose} close={() => onOpenChange(false)} onSight={setInSight} />
    </Sheet>
  )
}

interface DirectoryBodyProps {
  selection: Selection
  choose: (selection: Selection) => void
  close: () => void
  onSight: (keys: readonly string[]) => void
}

function DirectoryBody({ selection, choose, close, onSight }: DirectoryBodyProps) {
  const showPage = useView((view) => view.showPage)
  const [wishes, setWishes] = useState(FIRST_WISHES)
  const [sort, setSort] = useState<OfferSort>({ column: 'price', descending: false })
  const [openKey, setOpenKey] = useState<string | undefined>(selection.by === 'offer' ? selection.key : undefined)
  const query = useMemo(() => queryOf(wishes, sort), [wishes, sort])
  const { rows, waiting, total, models, loaded, refused, hold, letIn } = useOfferView(query)
  const opened = useEngineSlice('customer.offers', ({ offers }) => (openKey === undefined ? undefined : offers[openKey]))

  const chosenKey = selection.by === 'offer' ? selection.key : undefined
  const use = (offer: OfferRow) => {
    if (offer.unavailable === undefined) choose({ by: 'offer', key: offer.key })
  }
  const unread = refusedText(refused)

  return (
    <div className="flex min-h-0 flex-1">
      <div className="flex min-w-0 flex-1 flex-col">
        <OfferFilters wishes={wishes} onChange={setWishes} models={models} />
        {rows === undefined || (!loaded && rows.length === 0) ? (
          <div className="flex-1 p-4">
            <SkeletonRows label="Loading sellers" rows={8} />
          </div>
        ) : rows.length > 0 ? (
          <OfferTable rows={rows} sort={sort} onSort={setSort} openKey={openKey} onOpen={setOpenKey} onUse={use} chosenKey={chosenKey} onHold={hold} onSight={onSight} />
        ) : total > 0 ? (
          <div className="flex-1">
            <EmptyState title="No seller fits" action={<Button onClick={() => setWishes(NO_WISHES)}>Show all {total.toLocaleString('en-US')}</Button>}>
              The search or the filters leave nobody.
            </EmptyState>
          </div>
        ) : (
          <div className="flex-1">
            <EmptyState
              title="Nobody sells here just now"
              action={
                <Button
                  onClick={() => {
                    close()
                    showPage('settings')
                  }}
                >
                  Look at the relays
                </Button>
              }
            >
              Offers appear by themselves as sellers announce themselves on your relays.
            </EmptyState>
          </div>
        )}
        <footer className="flex min-h-9 shrink-0 flex-wrap items-center gap-x-3 gap-y-1 border-t border-line px-4 py-1 text-sm text-muted">
          {rows === undefined ? null : <span>{countText(rows.length, total)}</span>}
          {waiting > 0 ? (
            <Button size="small" onClick={letIn}>
              {waiting.toLocaleString('en-US')} changed: put in order
            </Button>
          ) : null}
          {unread === null ? null : <span>{unread}</span>}
        </footer>
      </div>
      {opened ? <OfferDetail offer={opened} chosen={chosenKey === opened.key} onUse={() => use(opened)} onClose={() => setOpenKey(undefined)} /> : null}
    </div>
  )
}

function countText(shown: number, total: number): string {
  const all = `${total.toLocaleString('en-US')} ${total === 1 ? 'offer' : 'offers'}`
  return shown === total ? all : `${shown.toLocaleString('en-US')} of ${all}`
}
