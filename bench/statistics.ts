/** The arithmetic of the bench. Pure. */

export interface Summary {
  readonly count: number
  readonly median: number
  readonly p10: number
  readonly p90: number
  readonly p99: number
  readonly min: number
  readonly max: number
}

/** Linear interpolation between the two nearest ranks. Throws RangeError for no values: a median of nothing is no number. */
export function percentile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new RangeError('no values')
  if (!(share >= 0 && share <= 1)) throw new RangeError(`not a share: ${share}`)
  const sorted = values.toSorted((a, b) => a - b)
  const rank = share * (sorted.length - 1)
  const below = sorted[Math.floor(rank)] ?? Number.NaN
  const above = sorted[Math.ceil(rank)] ?? Number.NaN
  return below + (above - below) * (rank - Math.floor(rank))
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5)
}

export function summarize(values: readonly number[]): Summary {
  return {
    count: values.length,
    median: median(values),
    p10: percentile(values, 0.1),
    p90: percentile(values, 0.9),
    p99: percentile(values, 0.99),
    min: percentile(values, 0),
    max: percentile(values, 1),
  }
}

/**
 * How many times A is B: each round's ratio of medians, summarized. A machine that is slow for a while slows both sides of
 * a round, and the ratio hardly moves. A round in which one side has nothing is left out.
 */
export function compareRounds(a: readonly (readonly number[])[], b: readonly (readonly number[])[]): Summary {
  return summarize(pairRounds(a, b, (values, others) => median(values) / median(others)))
}

/** How much more A is than B at a percentile: each round's difference, summarized. */
export function subtractRounds(a: readonly (readonly number[])[], b: readonly (readonly number[])[], share: number): Summary {
  return summarize(pairRounds(a, b, (values, others) => percentile(values, share) - percentile(others, share)))
}

function pairRounds(a: readonly (readonly number[])[], b: readonly (readonly number[])[], combine: (values: readonly number[], others: readonly number[]) => number): number[] {
  return a.flatMap((values, round) => {
    const others = b[round] ?? []
    return values.length === 0 || others.length === 0 ? [] : [combine(values, others)]
  })
}

export interface Target {
  readonly bound: 'at most' | 'at least'
  readonly value: number
}

/** `met`, or by how much not: in the target's unit and as a share of it. */
export function judge(value: number, target: Target): { readonly isMet: boolean; readonly missedBy: number; readonly missedPercent: number } {
  const missedBy = Math.max(0, target.bound === 'at most' ? value - target.value : target.value - value)
  return { isMet: missedBy === 0, missedBy, missedPercent: (missedBy / target.value) * 100 }
}
