import { Check, ChevronDown, Sparkles, type LucideIcon } from 'lucide-react'
import { Popover } from 'radix-ui'
import { useId, type ReactNode } from 'react'
import type { OfferRow } from '#shared/ipc/customer.ts'
import { formatSats } from '#shared/market/msat.ts'
import { SETTLEMENTS, type Settlement } from '#shared/market/settlement.ts'
import { useEngineSlice } from '#renderer/state/useEngineState.ts'
import { joinClasses } from '#renderer/ui/joinClasses.ts'
import { SETTLEMENT_ICONS } from '#renderer/ui/SettlementMark.tsx'
import { SETTLEMENT_WORDS } from '#renderer/ui/settlementText.ts'
import type { QuoteInput } from './quoteAsker.ts'
import { autoSentence, isRule, whyNot, type SettlementWish } from './settlementChoices.ts'
import { useSettlementQuotes } from './useSettlementQuotes.ts'

export interface SettlementChoiceProps {
  open: boolean
  onOpenChange: (open: boolean) => void
  /** How the next question is settled as it stands; undefined: not known yet. */
  settlement: Settlement | undefined
  wish: SettlementWish
  onChoose: (wish: SettlementWish) => void
  offer: OfferRow | undefined
  /** The question, to see what each way would risk. */
  input: QuoteInput
}

/** How it is settled: a chip, and behind it every way, with what is at risk in it and why some are not possible. */
export function SettlementChoice({ open, onOpenChange, settlement, wish, onChoose, offer, input }: SettlementChoiceProps) {
  const words = settlement === undefined ? 'How it is settled' : SETTLEMENT_WORDS[settlement].short
  const Icon = settlement === undefined ? Sparkles : SETTLEMENT_ICONS[settlement]
  return (
    <Popover.Root open={open} onOpenChange={onOpenChange}>
      <Popover.Trigger
        aria-label={settlement === undefined ? 'Choose how it is settled' : `Settled: ${words}. Choose another way`}
        className="inline-flex h-7 items-center gap-1.5 whitespace-nowrap rounded-lg border border-line-strong bg-surface px-2 transition-colors hover:bg-hover"
      >
        <Icon aria-hidden size={14} className="text-muted" />
        {words}
        <ChevronDown aria-hidden size={14} className="text-muted" />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content side="top" align="start" sideOffset={6} collisionPadding={8} aria-label="How it is settled" className="z-50 max-h-(--radix-popover-content-available-height) w-96 max-w-[calc(100vw-16px)] overflow-y-auto rounded-lg border border-line-strong bg-surface p-1">
          <Ways
            {...{ wish, offer, input }}
            onChoose={(next) => {
              onChoose(next)
              onOpenChange(false)
            }}
          />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}

function Ways({ wish, onChoose, offer, input }: Pick<SettlementChoiceProps, 'wish' | 'onChoose' | 'offer' | 'input'>) {
  const settings = useEngineSlice('settings.values', (values) => values)
  const quotes = useSettlementQuotes(input)
  return (
    <>
      <Way icon={Sparkles} name="Automatic" chosen={wish === 'auto'} onChoose={() => onChoose('auto')}>
        {settings ? autoSentence(settings) : 'As Settings say.'}
      </Way>
      {SETTLEMENTS.map((settlement) => {
        const quoted = quotes[settlement]
        // The engine knows best, and alone who else a rule finds; the page's own words of a seller are there at once, and shorter.
        const isOpen = quoted === undefined && isRule(input.selection)
        const reason = quoted?.ok || isOpen ? undefined : (whyNot(settlement, offer, input.selection) ?? quoted?.error.message)
        const risk = quoted?.ok ? quoted.value.risk : undefined
        return (
          <Way
            key={settlement}
            icon={SETTLEMENT_ICONS[settlement]}
            name={SETTLEMENT_WORDS[settlement].short}
            chosen={wish === settlement}
            onChoose={() => onChoose(settlement)}
            {...(reason === undefined ? {} : { reason })}
            {...(reason === undefined && risk ? { atRisk: `at risk: ${formatSats(risk.riskMsat)} sats` } : {})}
          >
            {risk?.sentence ?? SETTLEMENT_WORDS[settlement].long}
          </Way>
        )
      })}
    </>
  )
}

interface WayProps {
  icon: LucideIcon
  name: string
  chosen: boolean
  onChoose: () => void
  /** Why it is not possible. */
  reason?: string
  atRisk?: string
  children: ReactNode
}

/** One that is not possible can still be reached and read; pressing it does nothing. */
function Way({ icon: Icon, name, chosen, onChoose, reason, atRisk, children }: WayProps) {
  const id = useId()
  return (
    <button
      type="button"
      aria-pressed={chosen}
      aria-disabled={reason === undefined ? undefined : true}
      aria-labelledby={`${id}-name`}
      aria-describedby={atRisk ? `${id}-risk ${id}-words` : `${id}-words`}
      onClick={reason === undefined ? onChoose : undefined}
      className={joinClasses('flex w-full items-start gap-2 rounded-md px-2 py-1.5 text-left', reason === undefined ? 'hover:bg-hover' : 'cursor-not-allowed')}
    >
      <Icon aria-hidden size={16} className="mt-0.5 text-muted" />
      <span className="min-w-0 flex-1">
        <span className="flex flex-wrap items-baseline justify-between gap-x-3">
          <span id={`${id}-name`} className={reason === undefined ? 'font-medium' : 'text-faint'}>
            {name}
          </span>
          {atRisk ? (
            <span id={`${id}-risk`} className="whitespace-nowrap text-sm">
              {atRisk}
            </span>
          ) : null}
        </span>
        <span id={`${id}-words`} className="block text-sm text-muted">
          {reason ?? children}
        </span>
      </span>
      {chosen ? <Check aria-hidden size={16} className="mt-0.5 text-accent-text" /> : <span aria-hidden className="w-4" />}
    </button>
  )
}
