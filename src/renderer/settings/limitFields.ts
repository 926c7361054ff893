/** The buyer's limits: their names, bounds and readings. The bounds are the contract's. */
import type { Limits } from '#shared/ipc/settings.ts'
import { formatSats, parseSats, ZERO_MSAT } from '#shared/market/msat.ts'
import { checkWhole, parseWhole } from '#renderer/ui/numberText.ts'

export interface LimitField {
  readonly label: string
  readonly hint: string
  readonly unit: string
  readonly group: 'money' | 'waiting'
  readonly of: SatsLimit | WholeLimit
}
type SatsName = 'perJobMsat' | 'perDayMsat' | 'perProviderDayMsat' | 'newProviderMsat' | 'maxPendingMsat' | 'confirmAboveMsat'
export interface SatsLimit {
  readonly kind: 'sats'
  readonly name: SatsName
}
export interface WholeLimit {
  readonly kind: 'whole'
  readonly name: Exclude<keyof Limits, SatsName>
  readonly min: number
  readonly max: number
}

const satsLimit = (name: SatsName, label: string, hint: string): LimitField => ({ group: 'money', label, hint, unit: 'sats', of: { kind: 'sats', name } })
const wholeLimit = (group: LimitField['group'], label: string, hint: string, unit: string, of: Omit<WholeLimit, 'kind'>): LimitField => ({ group, label, hint, unit, of: { kind: 'whole', ...of } })

export const LIMIT_FIELDS: readonly LimitField[] = [
  satsLimit('perJobMsat', 'For one job', 'A dearer one is refused, whatever was quoted.'),
  satsLimit('perDayMsat', 'For one day', 'All that is spent, under way and locked, fees included.'),
  satsLimit('perProviderDayMsat', 'For one seller in a day', 'The same, for each seller alone.'),
  satsLimit('newProviderMsat', 'For a new seller', 'In all, until it has finished a job for you.'),
  satsLimit('maxPendingMsat', 'Under way', 'At most so much at once: payments without an outcome, and locks.'),
  wholeLimit('money', 'Payments under way', 'At most so many, each without an outcome or locked.', 'at once', { name: 'maxPendingPayments', min: 1, max: 10_000 }),
  satsLimit('confirmAboveMsat', 'Ask me above', 'What costs more is paid only after you confirm the sum.'),
  wholeLimit('money', 'Fee of a payment', 'At most, of its amount. One sat is always allowed.', '‰', { name: 'maxFeePermille', min: 0, max: 1_000 }),
  wholeLimit('waiting', 'Wait for an invoice', 'Then the job is given up. Nothing was paid.', 's', { name: 'invoiceTimeoutSecs', min: 2, max: 600 }),
  wholeLimit('waiting', 'Wait for text', 'For the first word, and from one piece to the next.', 's', { name: 'answerTimeoutSecs', min: 5, max: 86_400 }),
  wholeLimit('waiting', 'Longest answer', 'What you ask sellers for.', 'tokens', { name: 'maxTokens', min: 1, max: 131_072 }),
]

export function showLimit({ of }: LimitField, limits: Limits): string {
  return of.kind === 'sats' ? formatSats(limits[of.name]) : limits[of.name].toLocaleString('en-US')
}

export function checkLimit({ of }: LimitField, text: string): string | undefined {
  if (of.kind === 'whole') return checkWhole(text, of.min, of.max)
  return parseSats(text) === null ? 'Sats as a number, for example 100.' : undefined
}

/** Call it on a text that passed its check. */
export function readLimit({ of }: LimitField, text: string): Partial<Limits> {
  return { [of.name]: of.kind === 'sats' ? (parseSats(text) ?? ZERO_MSAT) : (parseWhole(text) ?? 0) }
}

/** What was typed over the limits that hold: the whole of it read, or what is wrong with which. */
export function readDrafts(drafts: Readonly<Record<string, string>>, limits: Limits): { readonly limits: Limits; readonly errors: Readonly<Record<string, string>> } {
  const errors: Record<string, string> = {}
  let read = limits
  for (const field of LIMIT_FIELDS) {
    const text = drafts[field.of.name]
    if (text === undefined) continue
    const error = checkLimit(field, text)
    if (error === undefined) read = { ...read, ...readLimit(field, text) }
    else errors[field.of.name] = error
  }
  return { limits: read, errors }
}
