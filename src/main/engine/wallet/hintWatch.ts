import type { Wallet } from './wallet.ts'

/** The hints at one payment, also those that come while nobody waits for one. */
export interface HintWatch {
  /** Wakes at the next hint, at once when one has come: what `pause` takes as its nudge. */
  readonly untilHinted: (wake: () => void) => () => void
  /** Whether one has come since this was last asked. */
  take(): boolean
  close(): void
}

export function watchHints(wallet: Pick<Wallet, 'watch'>, paymentHash: string): HintWatch {
  let isHinted = false
  let wake = () => {}
  const close = wallet.watch((hint) => {
    if (hint.paymentHash !== paymentHash) return
    isHinted = true
    wake()
  })
  return {
    untilHinted(given) {
      wake = given
      if (isHinted) given()
      return () => {
        wake = () => {}
      }
    },
    take() {
      const wasHinted = isHinted
      isHinted = false
      return wasHinted
    },
    close,
  }
}
