import { Check, Coins } from 'lucide-react'
import { useMemo, useState } from 'react'
import type { OfferRow, Selection } from '#shared/ipc/customer.ts'
import { useEngineState } from '#renderer/state/useEngineState.ts'
import { useView } from '#renderer/state/view.ts'
import { Button } from '#renderer/ui/Button.tsx'
import { EmptyState } from '#renderer/ui/EmptyState.tsx'
import { SearchInput } from '#renderer/ui/SearchInput.tsx'
import { Sheet } from '#renderer/ui/Sheet.tsx'
import { SkeletonRows } from '#renderer/ui/Skeleton.tsx'
import { FilterChip } from './FilterChip.tsx'
import { OfferDetail } from './OfferDetail.tsx'
import { commonModels, listOffers, OFFER_FILTERS, type OfferFilter, type OfferSort } from './offerRows.ts'
import { OfferTable } from './OfferTable.tsx'

const MODEL_CHIPS = 4
const FILTERS = Object.keys(OFFER_FILTERS).filter((name): name is OfferFilter => name in OFFER_FILTERS)

/** Who sells: searched, filtered, sorted; one row in detail; and the choice of who answers next. */
export function Directory({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  const selection = useView((view) => view.selection)
  const setSelection = useView((view) => view.setSelection)
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
        <Button size="small" icon={selection.by === 'cheapest' ? Check : Coins} aria-pressed={selection.by === 'cheapest'} onClick={() => choose({ by: 'cheapest' })}>
          Cheapest automatically
        </Button>
      }
    >
      <DirectoryBody selection={selection} choose={choose} close={() => onOpenChange(false)} />
    </Sheet>
  )
}

function DirectoryBody({ selection, choose, close }: { selection: Selection; choose: (selection: Selection) => void; close: () => void }) {
  const market = useEngineState('customer.offers')
  const showPage = useView((view) => view.showPage)
  const [search, setSearch] = useState('')
  const [filters, setFilters] = useState<readonly OfferFilter[]>(['buyable'])
  const [model, setModel] = useState<string>()
  const [sort, setSort] = useState<OfferSort>({ column: 'price', descending: false })
  const [openKey, setOpenKey] = useState<string | undefined>(selection.by === 'offer' ? selection.key : undefined)

  const offers = market?.offers
  const rows = useMemo(() => (offers ? listOffers(offers, { search, filters, model, sort }) : []), [offers, search, filters, model, sort])
  const models = useMemo(() => commonModels(offers ?? {}, MODEL_CHIPS), [offers])
  const opened = openKey === undefined ? undefined : offers?.[openKey]

  const use = (offer: OfferRow) => {
    if (offer.unavailable === undefined) choose({ by: 'offer', key: offer.key })
  }
  const toggle = (filter: OfferFilter) => setFilters((known) => (known.includes(filter) ? known.filter((each) => each !== filter) : [...known, filter]))

  return (
    <div className="flex min-h-0 flex-1">
      <div className="flex min-w-0 flex-1 flex-col">
        <div className="flex flex-wrap items-center gap-2 border-b border-line px-4 py-3">
          <SearchInput label="Search sellers and models" value={search} onChange={setSearch} className="w-full sm:w-64" />
          {FILTERS.map((filter) => (
            <FilterChip key={filter} on={filters.includes(filter)} onToggle={() => toggle(filter)}>
              {OFFER_FILTERS[filter]}
            </FilterChip>
          ))}
          {models.map((name) => (
            <FilterChip key={name} on={model === name} onToggle={() => setModel(model === name ? undefined : name)}>
              {name}
            </FilterChip>
          ))}
        </div>
        {offers === undefined || (market?.loaded === false && rows.length === 0) ? (
          <div className="p-4">
            <SkeletonRows label="Loading sellers" rows={8} />
          </div>
        ) : rows.length > 0 ? (
          <OfferTable rows={rows} sort={sort} onSort={setSort} openKey={openKey} onOpen={setOpenKey} onUse={use} chosenKey={selection.by === 'offer' ? selection.key : undefined} />
        ) : Object.keys(offers).length > 0 ? (
          <EmptyState
            title="No seller fits"
            action={
              <Button
                onClick={() => {
                  setSearch('')
                  setFilters([])
                  setModel(undefined)
                }}
              >
                Show all {Object.keys(offers).length}
              </Button>
            }
          >
            The search or the filters leave nobody.
          </EmptyState>
        ) : (
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
        )}
      </div>
      {opened ? <OfferDetail offer={opened} chosen={selection.by === 'offer' && selection.key === opened.key} onUse={() => use(opened)} onClose={() => setOpenKey(undefined)} /> : null}
    </div>
  )
}
