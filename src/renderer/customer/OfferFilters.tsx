import type { OfferRow } from '#shared/ipc/customer.ts'
import { sats } from '#shared/market/msat.ts'
import { NETWORKS } from '#shared/market/network.ts'
import { SETTLEMENTS, type Settlement } from '#shared/market/settlement.ts'
import { Input } from '#renderer/ui/Input.tsx'
import { parseWhole } from '#renderer/ui/numberText.ts'
import { SearchInput } from '#renderer/ui/SearchInput.tsx'
import { Select } from '#renderer/ui/Select.tsx'
import { SETTLEMENT_WORDS } from '#renderer/ui/settlementText.ts'
import { FilterChip } from './FilterChip.tsx'
import { OFFER_FILTERS, type OfferFilter, type OfferQuery } from './offerRows.ts'

const FILTERS = Object.keys(OFFER_FILTERS).filter((name): name is OfferFilter => name in OFFER_FILTERS)
const ANY = 'any'
const MAX_PRICE_SATS = 1_000_000_000

/** What the person types and clicks: the question, with the price as it was typed. */
export interface OfferWishes {
  readonly search: string
  readonly filters: readonly OfferFilter[]
  readonly model: string | undefined
  readonly network: OfferRow['network']
  readonly settlement: Settlement | undefined
  readonly maxPrice: string
}

export const FIRST_WISHES: OfferWishes = { search: '', filters: ['live', 'buyable'], model: undefined, network: undefined, settlement: undefined, maxPrice: '' }
export const NO_WISHES: OfferWishes = { ...FIRST_WISHES, filters: [] }

/** A price that cannot be read limits nothing. */
export function queryOf({ maxPrice, ...wishes }: OfferWishes, sort: OfferQuery['sort']): OfferQuery {
  const limit = parseWhole(maxPrice)
  return { ...wishes, maxPriceMsat: limit === null || limit > MAX_PRICE_SATS ? undefined : sats(limit), sort }
}

export interface OfferFiltersProps {
  wishes: OfferWishes
  onChange: (wishes: OfferWishes) => void
  models: readonly string[]
}

export function OfferFilters({ wishes, onChange, models }: OfferFiltersProps) {
  const change = (part: Partial<OfferWishes>) => onChange({ ...wishes, ...part })
  const toggle = (filter: OfferFilter) => change({ filters: wishes.filters.includes(filter) ? wishes.filters.filter((each) => each !== filter) : [...wishes.filters, filter] })
  // One that is chosen stays to be unchosen, however rare it has become.
  const offered = wishes.model === undefined || models.includes(wishes.model) ? models : [wishes.model, ...models]
  return (
    <div className="flex max-h-44 shrink-0 flex-wrap items-center gap-2 overflow-y-auto border-b border-line px-4 py-3">
      <SearchInput label="Search sellers and models" value={wishes.search} onChange={(search) => change({ search })} className="w-full sm:w-64" />
      <div className="w-32">
        <Input aria-label="Price at most, in sats" placeholder="Price to" unit="sats" inputMode="numeric" value={wishes.maxPrice} onChange={(event) => change({ maxPrice: event.target.value })} />
      </div>
      <div className="w-36">
        <Select
          aria-label="Network"
          value={wishes.network ?? ANY}
          options={[{ value: ANY, label: 'Any network' }, ...NETWORKS.map((network) => ({ value: network, label: network }))]}
          onChange={(chosen) => change({ network: NETWORKS.find((network) => network === chosen) })}
        />
      </div>
      <div className="w-40">
        <Select
          aria-label="How it is settled"
          value={wishes.settlement ?? ANY}
          options={[{ value: ANY, label: 'Any settlement' }, ...SETTLEMENTS.map((settlement) => ({ value: settlement, label: SETTLEMENT_WORDS[settlement].short }))]}
          onChange={(chosen) => change({ settlement: SETTLEMENTS.find((settlement) => settlement === chosen) })}
        />
      </div>
      {FILTERS.map((filter) => (
        <FilterChip key={filter} on={wishes.filters.includes(filter)} onToggle={() => toggle(filter)}>
          {OFFER_FILTERS[filter]}
        </FilterChip>
      ))}
      {offered.map((name) => (
        <FilterChip key={name} on={wishes.model === name} onToggle={() => change({ model: wishes.model === name ? undefined : name })}>
          {name}
        </FilterChip>
      ))}
    </div>
  )
}
