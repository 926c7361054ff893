import type { Summary, Target } from './statistics.ts'

/** One line of the table. The value and its spread are those of `summary`, written with `unit`. */
export interface Row {
  readonly group: string
  readonly what: string
  readonly unit: 'ms' | 'µs' | '/s' | '×' | 'MB' | 'B' | 'frames' | 'events'
  readonly summary: Summary
  readonly target?: Target
}

/** Something measured in rounds: every round takes a little of each side, so that what disturbs one disturbs the other. */
export interface Measure {
  round(): Promise<void>
  /** Every single value by its name, in the order of the rounds: for the JSON. */
  samples(): Readonly<Record<string, readonly (readonly number[])[]>>
  rows(): readonly Row[]
  close(): Promise<void>
}

/** Values by round. */
export interface Samples {
  readonly rounds: readonly (readonly number[])[]
  beginRound(): void
  add(...values: readonly number[]): void
  all(): readonly number[]
}

export function createSamples(): Samples {
  const rounds: number[][] = []
  return {
    rounds,
    beginRound: () => void rounds.push([]),
    add(...values) {
      if (rounds.length === 0) rounds.push([])
      rounds.at(-1)?.push(...values)
    },
    all: () => rounds.flat(),
  }
}
