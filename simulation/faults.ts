/** Which faults there are and how often each is drawn; every one that happens is counted. */
import type { Chance } from './chance.ts'

/** Probability at every occasion: a frame, a wallet call, a durable write. */
const RATES = {
  'frame lost': 0.003,
  'frame doubled': 0.005,
  'frame late': 0.006,
  'event altered': 0.003,
  'event forged': 0.002,
  'old event again': 0.003,
  'event taken and lost': 0.004,
  'event refused': 0.003,
  'killed at a write': 0.0012,
  'killed at a wallet call': 0.0008,
  'killed at a publish': 0.0004,
  'payment slow': 0.05,
  'payment unknown, then paid': 0.02,
  'payment unknown, then failed': 0.01,
  'payment request lost': 0.01,
  'payment answer lost': 0.015,
  'payment refused': 0.01,
  'payment called failed, then paid': 0.006,
  'claim request lost': 0.01,
  'claim answer lost': 0.015,
  'invoice refused': 0.004,
  'invoice answer lost': 0.004,
  'look-up without an answer': 0.02,
  'look-up behind': 0.02,
  'list without an answer': 0.02,
  'list behind': 0.03,
  'list with a gap': 0.03,
  'list with a double': 0.03,
  'hint lost': 0.1,
  'hint doubled': 0.08,
  'model failed': 0.03,
  'model slow': 0.03,
  'model ended without a word': 0.004,
} as const

/** These are drawn from time to time, by the world rather than by an occasion. */
const EVENTS = ['relay down', 'relay emptied', 'killed between steps', 'clock stepped', 'disk full', 'model away', 'wallet away'] as const

export type OccasionalFault = keyof typeof RATES
export type Fault = OccasionalFault | (typeof EVENTS)[number]

export interface Faults {
  /** Whether it happens now; counted when it does. Never once they are off. */
  happens(fault: OccasionalFault): boolean
  count(fault: Fault): void
  isOn(): boolean
  turnOff(): void
  counts(): Readonly<Record<string, number>>
}

/** `scale` 1 is the usual weather, 0 none. */
export function createFaults(chance: Chance, scale: number): Faults {
  const counts = new Map<Fault, number>()
  let on = scale > 0
  const count = (fault: Fault) => void counts.set(fault, (counts.get(fault) ?? 0) + 1)
  return {
    happens(fault) {
      if (!on || !chance.happens(RATES[fault] * scale)) return false
      count(fault)
      return true
    },
    count,
    isOn: () => on,
    turnOff: () => void (on = false),
    counts: () => Object.fromEntries([...counts].toSorted(([a], [b]) => (a < b ? -1 : 1))),
  }
}
