/** What the exit status of `souk` means; `souk --help` lists it. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  /** No seller, or none that fits. */
  nothingFound: 3,
  /** A limit, a price or a wallet said no: nothing was paid. */
  refused: 4,
  timedOut: 5,
  /** Paid, and the answer did not come. It stays recorded. */
  undelivered: 6,
  /** Sent, and nobody knows yet whether it was paid. It is looked up whenever Souk runs, and never paid twice. */
  unknown: 7,
  interrupted: 130,
} as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]
