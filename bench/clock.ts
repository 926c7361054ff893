/** The machine's monotonic clock: one for all processes on it, so that a time stamped in one is read in another. Milliseconds. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

/** A chunk's text carries the time at which it was made, in microseconds of the monotonic clock, and fills up to what a token of text weighs. */
export function stampText(): string {
  return `<${Math.round(monotonicMs() * 1_000)}>`
}

const STAMP = /<(\d+)>/g

/** When the stamps in a text were made. Milliseconds; whole stamps only. */
export function readStamps(text: string): number[] {
  return [...text.matchAll(STAMP)].map((match) => Number(match[1]) / 1_000)
}

export function pauseMs(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
