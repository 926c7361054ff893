/** The longest pause of a metered stream on the sandbox, where one payment ends and the next begins; and of the same paid ahead. */
import { DEFAULT_TERMS } from '#engine/provider/defaultTerms.ts'
import { stepTokens } from '#shared/market/tariff.ts'
import { openBenchMarket, type Reading } from '../benchMarket.ts'
import { createSamples, type Measure, type Row, type Samples } from '../measure.ts'
import { compareRounds, summarize } from '../statistics.ts'

/** Twice the speed of usual text: the next payment has half the time to come in. */
const CHUNKS_PER_SECOND = 60
/** A chunk is a token, and no more than a step is made of one payment: so many chunks take three, two of them while they come. */
const STEP = stepTokens(DEFAULT_TERMS.tickTokens)
const CHUNKS = STEP * 2 + 40
/** Chunks on either side of a step's end that count as being there. */
const AROUND = 20
const SIDES = ['metered', 'prepay'] as const

interface Side {
  readonly longest: Samples
  readonly longestAtEnd: Samples
  readonly gap: Samples
}

export async function measureMetered(folder: string): Promise<Measure> {
  const market = await openBenchMarket(folder, 'metered', CHUNKS_PER_SECOND)
  const createSide = (): Side => ({ longest: createSamples(), longestAtEnd: createSamples(), gap: createSamples() })
  const sides: Readonly<Record<(typeof SIDES)[number], Side>> = { metered: createSide(), prepay: createSide() }

  return {
    async round() {
      for (const side of Object.values(sides)) for (const samples of Object.values<Samples>({ ...side })) samples.beginRound()
      for (const settlement of SIDES) {
        const { reading } = await market.buy('souk/1', CHUNKS, settlement)
        note(sides[settlement], reading)
      }
    },
    samples: () => Object.fromEntries(SIDES.flatMap((name) => Object.entries<Samples>({ ...sides[name] }).map(([what, { rounds }]) => [`${name}.${what}Ms`, rounds]))),
    rows() {
      const group = `Metered stream on the sandbox, ${CHUNKS_PER_SECOND} tokens a second, a payment every ${STEP}`
      const { metered, prepay } = sides
      const time = (what: string, samples: Samples): Row => ({ group, what, unit: 'ms', summary: summarize(samples.all()) })
      return [
        time('longest pause where a payment ends, metered', metered.longestAtEnd),
        time('longest pause at the same places, paid ahead', prepay.longestAtEnd),
        { group, what: 'metered ÷ paid ahead', unit: '×', summary: compareRounds(metered.longestAtEnd.rounds, prepay.longestAtEnd.rounds), target: { bound: 'at most', value: 2 } },
        time('longest pause of the whole stream, metered', metered.longest),
        time('longest pause of the whole stream, paid ahead', prepay.longest),
        time('every gap, metered', metered.gap),
        time('every gap, paid ahead', prepay.gap),
      ]
    },
    close: () => market.close(),
  }
}

function note(side: Side, { gapsMs }: Reading): void {
  // The gap of that index is the one before the chunk that follows it.
  const isAtEnd = (index: number) => Math.abs(((index + 1 + STEP / 2) % STEP) - STEP / 2) <= AROUND && index + 1 > STEP / 2
  side.gap.add(...gapsMs)
  side.longest.add(Math.max(...gapsMs))
  side.longestAtEnd.add(Math.max(...gapsMs.filter((_, index) => isAtEnd(index))))
}
