/**
 * Chunks direct from the backend against the same backend through the market, in two dialects; and the handshake before the
 * first one.
 */
import type { DialectName } from '#shared/market/dialect.ts'
import { openBenchMarket, type Reading } from '../benchMarket.ts'
import { createSamples, type Measure, type Row, type Samples } from '../measure.ts'
import { compareRounds, subtractRounds, summarize } from '../statistics.ts'

const CHUNKS_PER_SECOND = 30
const CHUNKS = 60
const SHORT_CHUNKS = 3
const SHORT_JOBS = 4
const DIALECTS = ['channel', 'souk/1'] as const satisfies readonly DialectName[]
type Dialect = (typeof DIALECTS)[number]
const SIDES = ['direct', ...DIALECTS] as const

interface Side {
  readonly first: Samples
  readonly latency: Samples
  readonly gap: Samples
  readonly askToText: Samples
}

/** What only a purchase has. */
interface Handshake {
  readonly askToInvoice: Samples
  readonly invoiceToPaid: Samples
  readonly paidToText: Samples
}

type Sides = Readonly<Record<(typeof SIDES)[number], Side>>
type Handshakes = Readonly<Record<Dialect, Handshake>>

const createSide = (): Side => ({ first: createSamples(), latency: createSamples(), gap: createSamples(), askToText: createSamples() })
const createHandshake = (): Handshake => ({ askToInvoice: createSamples(), invoiceToPaid: createSamples(), paidToText: createSamples() })

export async function measureMarket(folder: string): Promise<Measure> {
  const market = await openBenchMarket(folder, 'market', CHUNKS_PER_SECOND)
  const sides: Sides = { direct: createSide(), channel: createSide(), 'souk/1': createSide() }
  const handshakes: Handshakes = { channel: createHandshake(), 'souk/1': createHandshake() }

  async function readDirectly(chunks: number): Promise<Reading> {
    const reading = await market.readDirectly(chunks)
    sides.direct.askToText.add(reading.firstAt - reading.askedAt)
    return reading
  }

  async function buy(dialect: Dialect, chunks: number): Promise<Reading> {
    const { reading, steps } = await market.buy(dialect, chunks)
    const { askedAt, firstAt } = reading
    const invoicedAt = steps.get('paying') ?? Number.NaN
    const paidAt = steps.get('queued') ?? Number.NaN
    if (!(askedAt <= invoicedAt && invoicedAt <= paidAt && paidAt <= firstAt)) throw new Error('The handshake came in another order.')
    const handshake = handshakes[dialect]
    handshake.askToInvoice.add(invoicedAt - askedAt)
    handshake.invoiceToPaid.add(paidAt - invoicedAt)
    handshake.paidToText.add(firstAt - paidAt)
    sides[dialect].askToText.add(firstAt - askedAt)
    return reading
  }

  // What is looked up once, and the code paths: no side's first run counts.
  await market.readDirectly(SHORT_CHUNKS)
  for (const dialect of DIALECTS) await market.buy(dialect, SHORT_CHUNKS)

  return {
    async round() {
      for (const each of [...Object.values(sides), ...Object.values(handshakes)]) for (const samples of Object.values<Samples>({ ...each })) samples.beginRound()
      for (let turn = 0; turn < 2; turn += 1) {
        note(sides.direct, await readDirectly(CHUNKS))
        for (const dialect of DIALECTS) note(sides[dialect], await buy(dialect, CHUNKS))
      }
      for (let job = 0; job < SHORT_JOBS; job += 1) {
        await readDirectly(SHORT_CHUNKS)
        for (const dialect of DIALECTS) await buy(dialect, SHORT_CHUNKS)
      }
    },
    samples: () =>
      Object.fromEntries(
        [...Object.entries(sides), ...Object.entries(handshakes)].flatMap(([name, each]) => Object.entries<Samples>({ ...each }).map(([what, samples]) => [`${name}.${what}Ms`, samples.rounds] as const)),
      ),
    rows: () => [...chunkRows(sides), ...handshakeRows(sides, handshakes)],
    close: () => market.close(),
  }
}

function chunkRows(sides: Sides): readonly Row[] {
  const group = `Chunks at ${CHUNKS_PER_SECOND} a second, from the backend’s write to the reader`
  const { direct, channel } = sides
  const private1 = sides['souk/1']
  const time = (what: string, samples: Samples): Row => ({ group, what, unit: 'ms', summary: summarize(samples.all()) })
  const added = (what: string, side: Side, share: number): Row => ({ group, what, unit: 'ms', summary: subtractRounds(side.latency.rounds, direct.latency.rounds, share) })
  return [
    ...SIDES.map((name) => time(`first chunk, ${name}`, sides[name].first)),
    ...SIDES.map((name) => time(`every later chunk, ${name}`, sides[name].latency)),
    { group, what: 'channel ÷ direct', unit: '×', summary: compareRounds(channel.latency.rounds, direct.latency.rounds), target: { bound: 'at most', value: 4 } },
    { group, what: 'souk/1 ÷ direct', unit: '×', summary: compareRounds(private1.latency.rounds, direct.latency.rounds) },
    added('added by channel, median', channel, 0.5),
    { ...added('added by souk/1, median', private1, 0.5), target: { bound: 'at most', value: 2.5 } },
    added('added by channel, 99th percentile', channel, 0.99),
    added('added by souk/1, 99th percentile', private1, 0.99),
    ...SIDES.map((name) => time(`gap between chunks, ${name}`, sides[name].gap)),
  ]
}

function handshakeRows(sides: Sides, handshakes: Handshakes): readonly Row[] {
  const group = 'Handshake on the sandbox'
  const time = (what: string, samples: Samples): Row => ({ group, what, unit: 'ms', summary: summarize(samples.all()) })
  return [
    ...DIALECTS.flatMap((name) => [
      time(`asked → invoice accepted, ${name}`, handshakes[name].askToInvoice),
      time(`invoice accepted → paid, ${name}`, handshakes[name].invoiceToPaid),
      time(`paid → first text, ${name}`, handshakes[name].paidToText),
    ]),
    ...SIDES.map((name) => time(`asked → first text, ${name}`, sides[name].askToText)),
  ]
}

function note(side: Side, { firstMs, latenciesMs, gapsMs }: Reading): void {
  side.first.add(firstMs)
  side.latency.add(...latenciesMs)
  side.gap.add(...gapsMs)
}
