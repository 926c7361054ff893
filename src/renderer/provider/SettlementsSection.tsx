import { useId, type ReactNode } from 'react'
import type { SaleTerms } from '#shared/ipc/provider.ts'
import { formatSats } from '#shared/market/msat.ts'
import { SETTLEMENTS, type Settlement } from '#shared/market/settlement.ts'
import { useEngineSlice } from '#renderer/state/useEngineState.ts'
import { AutosaveField } from '#renderer/ui/AutosaveField.tsx'
import { Checkbox } from '#renderer/ui/Checkbox.tsx'
import { joinClasses } from '#renderer/ui/joinClasses.ts'
import { Section } from '#renderer/ui/Section.tsx'
import { SETTLEMENT_ICONS } from '#renderer/ui/SettlementMark.tsx'
import { SETTLEMENT_WORDS } from '#renderer/ui/settlementText.ts'
import { checkPercent, checkSats, CREDIT_FIELD, PERCENT_FIELDS, percentText, readPercent, readSats, SALE_WORDS, saleObstacle, saleRisk, TARIFF_FIELDS, withSettlement, type SatsField } from './settlementTerms.ts'
import { checkTerm, describeTerm, ESCROW_FIELDS, METERED_FIELDS, readTerm, type WholeField } from './termsFields.ts'
import type { SaveTerms } from './useSaveTerms.ts'

export interface SettlementsSectionProps {
  terms: SaleTerms
  /** What is really offered now. */
  offered: readonly Settlement[]
  saveTerms: SaveTerms
}

/** How jobs may be settled: each with what it risks, and its numbers while it is on. */
export function SettlementsSection({ terms, offered, saveTerms }: SettlementsSectionProps) {
  const abilities = useEngineSlice('walletChoice.status', (status) => status.abilities)
  return (
    <Section title="How you are paid" hint="The buyer chooses among those that you take.">
      <ul className="flex flex-col divide-y divide-line rounded-lg border border-line bg-surface">
        {SETTLEMENTS.map((settlement) => {
          const on = terms.settlements.includes(settlement)
          const obstacle = saleObstacle(settlement, terms, abilities, offered.includes(settlement))
          const isLast = on && terms.settlements.length === 1
          return (
            <Mode
              key={settlement}
              {...{ settlement, on, isLast }}
              // What is on can be turned off, whatever stands in its way.
              isImpossible={obstacle !== undefined && obstacle.by !== 'credit' && !on}
              obstacle={obstacle?.reason}
              risk={saleRisk(settlement, terms)}
              onChange={(next) => {
                const settlements = withSettlement(terms.settlements, settlement, next, SETTLEMENTS)
                if (settlements) void saveTerms({ settlements }, `${SETTLEMENT_WORDS[settlement].short}: ${next ? 'taken' : 'not taken'}`)
              }}
            >
              {on ? <Numbers {...{ settlement, terms, saveTerms }} /> : null}
            </Mode>
          )
        })}
      </ul>
    </Section>
  )
}

interface ModeProps {
  settlement: Settlement
  on: boolean
  isLast: boolean
  isImpossible: boolean
  obstacle: string | undefined
  risk: string
  onChange: (on: boolean) => void
  children: ReactNode
}

function Mode({ settlement, on, isLast, isImpossible, obstacle, risk, onChange, children }: ModeProps) {
  const id = useId()
  const Icon = SETTLEMENT_ICONS[settlement]
  const { short } = SETTLEMENT_WORDS[settlement]
  return (
    <li className="flex flex-col gap-3 px-3 py-2.5">
      <div>
        <Checkbox
          checked={on}
          onChange={onChange}
          disabled={isImpossible || isLast}
          aria-describedby={id}
          label={
            <span className={joinClasses('flex items-center gap-1.5 font-medium', isImpossible ? 'text-faint' : null)}>
              <Icon aria-hidden size={16} className="text-muted" />
              {short}
            </span>
          }
        />
        <p id={id} className="pl-6 text-sm text-muted">
          {SALE_WORDS[settlement]} {risk}
          {isLast ? ' One way has to stay.' : ''}
          {obstacle === undefined ? null : <span className={joinClasses('block', on ? 'text-accent-text' : null)}>{obstacle}</span>}
        </p>
      </div>
      {children}
    </li>
  )
}

function Numbers({ settlement, terms, saveTerms }: { settlement: Settlement; terms: SaleTerms; saveTerms: SaveTerms }) {
  const whole = (field: WholeField) => (
    <AutosaveField
      key={field.term}
      label={field.label}
      hint={field.hint}
      inputMode="numeric"
      {...(field.unit ? { unit: field.unit } : {})}
      value={terms[field.term].toLocaleString('en-US')}
      check={(text) => checkTerm(field, text)}
      save={(text) => saveTerms(readTerm(field.term, text), describeTerm(field, text))}
    />
  )
  const amount = (field: SatsField) => (
    <AutosaveField
      key={field.term}
      label={field.label}
      hint={field.hint}
      unit="sats"
      inputMode="decimal"
      value={formatSats(terms[field.term])}
      check={(text) => checkSats(field, text)}
      save={(text) => saveTerms(readSats(field.term, text), `${field.label}: ${text.trim()} sats`)}
    />
  )
  switch (settlement) {
    case 'prepay':
      return null
    case 'escrow':
      return <Grid>{ESCROW_FIELDS.map(whole)}</Grid>
    case 'sealed':
      return (
        <Grid>
          {PERCENT_FIELDS.map((field) => (
            <AutosaveField
              key={field.term}
              label={field.label}
              hint={field.hint}
              unit="%"
              inputMode="decimal"
              value={percentText(terms[field.term])}
              check={(text) => checkPercent(field, text)}
              save={(text) => saveTerms(readPercent(field.term, text), `${field.label}: ${text.trim().replace(/\s*%$/, '')} %`)}
            />
          ))}
          {amount(CREDIT_FIELD)}
        </Grid>
      )
    case 'metered':
      return (
        <Grid>
          {TARIFF_FIELDS.map(amount)}
          {METERED_FIELDS.map(whole)}
        </Grid>
      )
  }
}

function Grid({ children }: { children: ReactNode }) {
  return <div className="grid gap-4 sm:grid-cols-2 sm:pl-6 xl:grid-cols-3">{children}</div>
}
