import { pause, unlessAborted } from '../pause.ts'
import type { Clock } from '../ports.ts'
import type { Payment, PaymentDirection, Wallet } from './wallet.ts'

const FIRST_LOOK_MS = 1_000

/**
 * Asks the wallet about one payment until `take` has seen enough or the signal says that nobody waits: at once, at every hint, and
 * ever more rarely, down to every `maxMs`. `take` is handed every answer, null where the wallet knows of no such payment; what it
 * could not be asked it is asked again.
 */
export async function lookRepeatedly(
  { wallet, clock }: { readonly wallet: Pick<Wallet, 'lookup' | 'watch'>; readonly clock: Clock },
  { paymentHash, direction, maxMs }: { readonly paymentHash: string; readonly direction: PaymentDirection; readonly maxMs: number },
  signal: AbortSignal,
  take: (found: Payment | null) => boolean,
): Promise<void> {
  let waitMs = FIRST_LOOK_MS
  let isEnough = false
  while (!signal.aborted && !isEnough) {
    // A hint outruns the answer under way, which may have been lost with the wallet's connection.
    const hinted = new AbortController()
    const forget = wallet.watch((hint) => hint.paymentHash === paymentHash && hinted.abort())
    const interrupted = AbortSignal.any([signal, hinted.signal])
    try {
      const found = await unlessAborted(wallet.lookup(paymentHash, direction), interrupted)
      isEnough = found?.ok === true && take(found.value)
      if (!isEnough) await pause(clock, waitMs, interrupted)
    } finally {
      forget()
    }
    waitMs = Math.min(maxMs, waitMs * 1.5)
  }
}
