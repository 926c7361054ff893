/** The buyer's limits: their names, bounds and readings. The bounds are the contract's. */
import type { Limits } from '#shared/ipc/settings.ts'
import { formatSats, parseSats, ZERO_MSAT } from '#shared/market/msat.ts'
import { checkWhole, parseWhole } from '#renderer/ui/numberText.ts'

interface Named {
  readonly label: string
  readonly hint: string
  readonly unit: string
}
export type LimitField = Named &
  (
    | { readonly kind: 'sats'; readonly name: 'perJobMsat' | 'perDayMsat' }
    | { readonly kind: 'whole'; readonly name: Exclude<keyof Limits, 'perJobMsat' | 'perDayMsat'>; readonly min: number; readonly max: number }
  )

export const LIMIT_FIELDS: readonly LimitField[] = [
  { kind: 'sats', name: 'perJobMsat', label: 'For one job', hint: 'A dearer invoice is refused, whatever was quoted.', unit: 'sats' },
  { kind: 'sats', name: 'perDayMsat', label: 'For one day', hint: 'What is under way counts too.', unit: 'sats' },
  { kind: 'whole', name: 'maxFeePermille', label: 'Fee of a payment', hint: 'At most, of its amount. One sat is always allowed.', unit: '‰', min: 0, max: 1_000 },
  { kind: 'whole', name: 'invoiceTimeoutSecs', label: 'Wait for an invoice', hint: 'Then the job is given up. Nothing was paid.', unit: 's', min: 2, max: 600 },
  { kind: 'whole', name: 'answerTimeoutSecs', label: 'Wait for text', hint: 'For the first word, and from one piece to the next.', unit: 's', min: 5, max: 86_400 },
  { kind: 'whole', name: 'maxTokens', label: 'Longest answer', hint: 'What you ask sellers for.', unit: 'tokens', min: 1, max: 131_072 },
]

export function showLimit(field: LimitField, limits: Limits): string {
  return field.kind === 'sats' ? formatSats(limits[field.name]) : limits[field.name].toLocaleString('en-US')
}

export function checkLimit(field: LimitField, text: string): string | undefined {
  if (field.kind === 'whole') return checkWhole(text, field.min, field.max)
  return parseSats(text) === null ? 'Sats as a number, for example 100.' : undefined
}

/** Call it on a text that passed its check. */
export function readLimit(field: LimitField, text: string): Partial<Limits> {
  return { [field.name]: field.kind === 'sats' ? (parseSats(text) ?? ZERO_MSAT) : (parseWhole(text) ?? 0) }
}

/** "For one job: 1,200 sats" */
export function describeLimit(field: LimitField, text: string): string {
  const value = field.kind === 'sats' ? formatSats(parseSats(text) ?? ZERO_MSAT) : (parseWhole(text) ?? 0).toLocaleString('en-US')
  return `${field.label}: ${value} ${field.unit}`
}
