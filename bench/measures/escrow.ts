/** A purchase by escrow on the sandbox, step by step, and beside it the same paid ahead. Short answers in souk/1, locked by hold invoice. */
import type { JobState } from '#shared/ipc/common.ts'
import { openBenchMarket, type Trade } from '../benchMarket.ts'
import { createSamples, type Measure, type Row, type Samples } from '../measure.ts'
import { compareRounds, summarize } from '../statistics.ts'

const CHUNKS_PER_SECOND = 30
const CHUNKS = 3
const JOBS_PER_ROUND = 5

export async function measureEscrow(folder: string): Promise<Measure> {
  const market = await openBenchMarket(folder, 'escrow', CHUNKS_PER_SECOND)
  const samples = {
    askToInvoice: createSamples(),
    invoiceToLocked: createSamples(),
    invoiceToVerified: createSamples(),
    verifiedToText: createSamples(),
    askToText: createSamples(),
    prepaidAskToText: createSamples(),
  }

  function note({ reading: { askedAt, firstAt }, steps, sellerSteps, lockedAt }: Trade): void {
    const invoicedAt = at(steps, 'paying')
    // Work waits in the queue from the moment at which the seller's own wallet shows the lock.
    const verifiedAt = at(sellerSteps, 'queued')
    // Two wallets hear of the lock, each in its own time: the customer's may say so only after the first text is there.
    if (lockedAt === null || !(askedAt <= invoicedAt && invoicedAt <= Math.min(lockedAt, verifiedAt) && verifiedAt <= firstAt)) throw new Error('The steps of an escrow came in another order.')
    samples.askToInvoice.add(invoicedAt - askedAt)
    samples.invoiceToLocked.add(lockedAt - invoicedAt)
    samples.invoiceToVerified.add(verifiedAt - invoicedAt)
    samples.verifiedToText.add(firstAt - verifiedAt)
    samples.askToText.add(firstAt - askedAt)
  }

  // No side's first run counts.
  for (const settlement of ['escrow', 'prepay'] as const) await market.buy('souk/1', CHUNKS, settlement)

  return {
    async round() {
      for (const each of Object.values(samples)) each.beginRound()
      for (let job = 0; job < JOBS_PER_ROUND; job += 1) {
        note(await market.buy('souk/1', CHUNKS, 'escrow'))
        const { reading } = await market.buy('souk/1', CHUNKS, 'prepay')
        samples.prepaidAskToText.add(reading.firstAt - reading.askedAt)
      }
    },
    samples: () => Object.fromEntries(Object.entries(samples).map(([name, { rounds }]) => [`${name}Ms`, rounds])),
    rows() {
      const group = 'Escrow on the sandbox, locked by hold invoice'
      const time = (what: string, side: Samples): Row => ({ group, what, unit: 'ms', summary: summarize(side.all()) })
      return [
        time('asked → hold invoice accepted', samples.askToInvoice),
        time('hold invoice accepted → locked, as the customer’s wallet says', samples.invoiceToLocked),
        time('hold invoice accepted → verified, in the seller’s wallet', samples.invoiceToVerified),
        time('verified → first text', samples.verifiedToText),
        time('asked → first text, escrow', samples.askToText),
        time('asked → first text, paid ahead', samples.prepaidAskToText),
        { group, what: 'escrow ÷ paid ahead', unit: '×', summary: compareRounds(samples.askToText.rounds, samples.prepaidAskToText.rounds), target: { bound: 'at most', value: 1.25 } },
      ]
    },
    close: () => market.close(),
  }
}

function at(steps: ReadonlyMap<JobState, number>, state: JobState): number {
  const found = steps.get(state)
  if (found === undefined) throw new Error(`A side was never ${state}.`)
  return found
}
