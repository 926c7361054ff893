/**
 * Money. One unit everywhere: the millisatoshi, an integer, branded so that a plain number is not mistaken
 * for it. 1 sat = 1,000 msat. All of bitcoin is 2.1e18 msat, beyond 2^53; what this app may hold or move is
 * bounded far below, by `MAX_MSAT`.
 */
export type Msat = number & { readonly __unit: 'msat' }

/** The largest amount Souk will parse or hold: 90 BTC in msat, the last round figure under 2^53. */
export const MAX_MSAT = 9_000_000_000_000 as Msat
export const ZERO_MSAT = 0 as Msat
const MSAT_PER_SAT = 1_000

export function isMsat(value: unknown): value is Msat {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= MAX_MSAT
}

/** Brands an integer number of msat. Throws RangeError for anything else: call it on values of our own making. */
export function msat(value: number): Msat {
  if (!isMsat(value)) throw new RangeError(`not an amount in msat: ${String(value)}`)
  return value
}

/** Whole sats as msat. Throws RangeError when not a whole, bounded number. */
export function sats(value: number): Msat {
  return msat(value * MSAT_PER_SAT)
}

export function addMsat(...amounts: readonly Msat[]): Msat {
  return msat(amounts.reduce<number>((sum, amount) => sum + amount, 0))
}

/** a − b. Throws RangeError when the result would be negative: money never goes below zero by arithmetic. */
export function subtractMsat(a: Msat, b: Msat): Msat {
  return msat(a - b)
}

export function minMsat(a: Msat, b: Msat): Msat {
  return a < b ? a : b
}

/** Whole sats, rounded up: what a payer must have ready. */
export function satsCeil(amount: Msat): number {
  return Math.ceil(amount / MSAT_PER_SAT)
}

/** Sats for a person: "12", "1,204.5", "0.001". Never rounds; never a float on the way. */
export function formatSats(amount: Msat): string {
  const whole = Math.trunc(amount / MSAT_PER_SAT)
  const rest = String(amount % MSAT_PER_SAT).padStart(3, '0').replace(/0+$/, '')
  return whole.toLocaleString('en-US') + (rest === '' ? '' : `.${rest}`)
}

/** Parses what a person types as sats, at most three decimals: "12", "0.5", "1,000". Null when it is not an amount. */
export function parseSats(text: string): Msat | null {
  const match = /^(\d{1,13})(?:\.(\d{1,3}))?$/.exec(text.trim().replaceAll(',', ''))
  if (!match) return null
  const value = Number(match[1]) * MSAT_PER_SAT + Number((match[2] ?? '').padEnd(3, '0'))
  return isMsat(value) ? value : null
}

/** Parses an amount in msat as messages spell it: digits alone. Null when it is not an amount. */
export function parseMsat(text: string): Msat | null {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : null
  return isMsat(value) ? value : null
}
