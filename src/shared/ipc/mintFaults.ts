/** The faults that the sandbox's mint plays, in words for pages and the terminal. One table each: a fault has no other description. */
import type { MintFaults } from './settings.ts'

export const NO_FAULTS: MintFaults = { pay: 'ok', hold: 'ok', messages: 'ok', delayMs: 0, down: false }

/** A hold invoice that is paid, at once or later, is held by its payee first. */
export const PAY_FAULTS: Readonly<Record<MintFaults['pay'], string>> = {
  'ok': 'Pay as asked',
  'fail': 'Refuse to pay',
  'timeout-then-paid': 'Stay silent, pay later',
  'timeout-then-failed': 'Stay silent, then fail',
  'response-lost': 'Pay, and lose the answer',
  'pending': 'Leave payments pending for an hour',
  'failed-then-paid': 'Call payments failed, and pay later',
}
export const HOLD_FAULTS: Readonly<Record<MintFaults['hold'], string>> = {
  'ok': 'Settle and cancel as asked',
  'fail': 'Refuse to settle and to cancel',
  'slow': 'Settle and cancel later',
  'request-lost': 'Hear nothing of settling and cancelling',
  'response-lost': 'Settle and cancel, and lose the answer',
}
export const MESSAGE_FAULTS: Readonly<Record<MintFaults['messages'], string>> = {
  'ok': 'Say everything once, in order',
  'doubled': 'Say everything twice',
  'reordered': 'Announce payments late and in the wrong order',
  'unannounced': 'Announce no payment',
}
