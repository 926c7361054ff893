/** The terms that are a number or a line of text: their names, bounds and readings. The bounds are the contract's. */
import type { SaleTerms } from '#shared/ipc/provider.ts'
import { formatSats, parseSats } from '#shared/market/msat.ts'
import { checkWhole, parseWhole } from '#renderer/ui/numberText.ts'

export type WholeTerm = 'maxTokens' | 'maxPromptBytes' | 'concurrency' | 'queueLength' | 'maxOpenPerCustomer' | 'announceEverySecs' | 'jobLimitSecs' | 'tickTokens' | 'graceSecs'

export interface WholeField {
  readonly term: WholeTerm
  readonly label: string
  readonly hint: string
  readonly unit?: string
  readonly min: number
  readonly max: number
}

export const WHOLE_FIELDS: readonly WholeField[] = [
  { term: 'maxTokens', label: 'Longest answer', hint: 'A request for more gets this much.', unit: 'tokens', min: 1, max: 131_072 },
  { term: 'maxPromptBytes', label: 'Longest request', hint: 'A longer one is refused.', unit: 'bytes', min: 64, max: 1_048_576 },
  { term: 'concurrency', label: 'At the same time', hint: 'More share the machine, and each gets slower.', unit: 'jobs', min: 1, max: 16 },
  { term: 'queueLength', label: 'Queue length', hint: 'When it is full, requests are refused.', unit: 'jobs', min: 0, max: 1_000 },
  { term: 'maxOpenPerCustomer', label: 'Open requests of one customer', hint: 'Keeps one key from filling the queue.', unit: 'jobs', min: 1, max: 1_000 },
  { term: 'announceEverySecs', label: 'Announce again every', hint: 'Buyers see you as live for twice as long.', unit: 's', min: 30, max: 3_600 },
]

/** Shown where escrow is taken. */
export const ESCROW_FIELDS: readonly WholeField[] = [
  { term: 'jobLimitSecs', label: 'A job takes at most', hint: 'What is locked has to stay locked for longer than that.', unit: 's', min: 30, max: 86_400 },
]

/** Shown where metered jobs are taken. */
export const METERED_FIELDS: readonly WholeField[] = [
  { term: 'tickTokens', label: 'Tick', hint: 'The most that either side is ahead.', unit: 'tokens', min: 16, max: 8_192 },
  { term: 'graceSecs', label: 'Waits for a payment', hint: 'A paused answer ends after that.', unit: 's', min: 5, max: 3_600 },
]

export const MAX_NAME = 80
export const MAX_ABOUT = 500

export function checkPrice(text: string): string | undefined {
  return parseSats(text) === null ? 'Sats as a number, for example 10 or 0.5.' : undefined
}

export function checkName(text: string): string | undefined {
  const length = text.trim().length
  if (length === 0) return 'Buyers see this name: it cannot be empty.'
  return length > MAX_NAME ? `At most ${MAX_NAME} characters.` : undefined
}

export function checkAbout(text: string): string | undefined {
  return text.length > MAX_ABOUT ? `At most ${MAX_ABOUT} characters; this has ${text.length}.` : undefined
}

export const checkTerm = (field: WholeField, text: string): string | undefined => checkWhole(text, field.min, field.max)

/** The change that a text makes; call it on a text that passed its check. */
export function readTerm(term: WholeTerm, text: string): Partial<SaleTerms> {
  return { [term]: parseWhole(text) ?? 0 }
}

/** "Longest answer: 1,024 tokens" */
export function describeTerm(field: WholeField, text: string): string {
  return `${field.label}: ${(parseWhole(text) ?? 0).toLocaleString('en-US')}${field.unit ? ` ${field.unit}` : ''}`
}

export function describePrice(text: string): string {
  const price = parseSats(text)
  return price === null ? 'Price' : `Price: ${formatSats(price)} sats a request`
}
