import { ChevronDown } from 'lucide-react'
import type { ReactNode } from 'react'
import type { OfferRow, Selection } from '#shared/ipc/customer.ts'
import type { Settlement } from '#shared/market/settlement.ts'
import { useEngineSlice } from '#renderer/state/useEngineState.ts'
import { useNow } from '#renderer/state/useNow.ts'
import { useView } from '#renderer/state/view.ts'
import { Amount } from '#renderer/ui/Amount.tsx'
import { agoText } from '#renderer/ui/agoText.ts'
import { Badge } from '#renderer/ui/Badge.tsx'
import { Skeleton } from '#renderer/ui/Skeleton.tsx'
import type { AskPrivacy } from './askPrivacy.ts'
import { PrivacyExplained } from './PrivacyExplained.tsx'

export interface AskLineProps {
  offer: OfferRow | undefined
  selection: Selection
  /** By the tick, the price of a request is not what it costs. */
  settlement: Settlement | undefined
  loading: boolean
  privacy: AskPrivacy | undefined
  encrypted: boolean
  onEncrypt: (encrypted: boolean) => void
  /** How it is settled: the chip. */
  children: ReactNode
}

/** One line: who will answer, how it is settled, who can read it. */
export function AskLine({ offer, selection, settlement, loading, privacy, encrypted, onEncrypt, children }: AskLineProps) {
  return (
    <div className="@container text-sm">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 @2xl:flex-nowrap @2xl:gap-x-2">
        <SellerChip offer={offer} selection={selection} settlement={settlement} loading={loading} />
        <span className="flex flex-wrap items-center gap-x-3 @2xl:shrink-0 @2xl:flex-nowrap @2xl:gap-x-2">
          {children}
          {privacy ? <PrivacyExplained ask={privacy} offer={offer} encrypted={encrypted} onEncrypt={onEncrypt} /> : null}
        </span>
      </div>
    </div>
  )
}

const RULES: Record<Selection['by'], string | undefined> = { cheapest: 'Cheapest', first: 'First', pubkey: undefined, offer: undefined, open: undefined }

function SellerChip({ offer, selection, settlement, loading }: Pick<AskLineProps, 'offer' | 'selection' | 'settlement' | 'loading'>) {
  const openDirectory = useView((view) => view.setDirectoryOpen)
  const rule = RULES[selection.by]
  if (selection.by === 'open') return <AnyoneChip />
  if (!offer && loading) return <Skeleton className="h-7 w-56" />
  return (
    <button
      type="button"
      onClick={() => openDirectory(true)}
      aria-label={offer ? `Seller: ${offer.name}. Choose another` : 'Choose a seller'}
      className="flex h-7 min-w-0 max-w-full items-center gap-1.5 rounded-lg border border-line-strong bg-surface px-2 transition-colors hover:bg-hover"
    >
      {offer ? <OfferWords offer={offer} rule={rule} isByToken={settlement === 'metered'} /> : <span className="text-muted">{selection.by === 'offer' || selection.by === 'pubkey' ? 'The chosen seller is away' : 'No seller yet'}</span>}
      <ChevronDown aria-hidden size={14} className="text-muted" />
    </button>
  )
}

/** Nobody in particular: up to a price. */
function AnyoneChip() {
  const openDirectory = useView((view) => view.setDirectoryOpen)
  const perJobMsat = useEngineSlice('settings.values', (settings) => settings.limits.perJobMsat)
  const limitMsat = useView((view) => view.openLimitMsat) ?? perJobMsat
  return (
    <button
      type="button"
      onClick={() => openDirectory(true)}
      aria-label="Seller: anyone, by an open request. Choose another"
      className="flex h-7 min-w-0 max-w-full items-center gap-2 rounded-lg border border-line-strong bg-surface px-2 transition-colors hover:bg-hover"
    >
      <Badge>Open request</Badge>
      <span className="font-medium">Anyone</span>
      {limitMsat === undefined ? null : (
        <span>
          up to <Amount msat={limitMsat} />
        </span>
      )}
      <ChevronDown aria-hidden size={14} className="text-muted" />
    </button>
  )
}

function OfferWords({ offer, rule, isByToken }: { offer: OfferRow; rule: string | undefined; isByToken: boolean }) {
  const speed = offer.history.tokensPerSecond
  const now = useNow()
  return (
    <>
      {rule ? <Badge>{rule}</Badge> : null}
      <span className="max-w-48 shrink-0 truncate font-medium">{offer.name}</span>
      {offer.own ? <Badge>Yours</Badge> : null}
      <span className="hidden min-w-0 max-w-40 truncate text-muted @md:inline">{offer.models[0]}</span>
      {offer.priceMsat === undefined || isByToken ? null : <Amount msat={offer.priceMsat} />}
      {speed === undefined ? null : <span className="hidden whitespace-nowrap text-muted @2xl:inline">{speed.toFixed(0)} tokens/s</span>}
      <span className="hidden whitespace-nowrap text-muted @md:inline">seen {agoText(offer.lastSeenAt, now)}</span>
    </>
  )
}
