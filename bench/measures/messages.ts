/** How many events one answer of 512 tokens costs on the relay, in each dialect: what a bystander there counts. */
import { loadNostrCrypto } from '#engine/nostr/crypto.ts'
import { openWebSocketWithWs } from '#engine/nostr/openWebSocket.ts'
import { createRelayPool } from '#engine/nostr/pool.ts'
import { systemClock, systemRandom } from '#main/headless/nodePorts.ts'
import { DIALECTS, type DialectName } from '#shared/market/dialect.ts'
import { tagValues, type NostrEvent } from '#shared/protocol/event.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import { openBenchMarket } from '../benchMarket.ts'
import { pauseMs } from '../clock.ts'
import { createSamples, type Measure, type Row } from '../measure.ts'
import { summarize } from '../statistics.ts'

const TOKENS_PER_SECOND = 30
const TOKENS = 512
/** What follows a result: a last acknowledgement, a receipt of the channel. */
const SETTLE_MS = 500
const JOB_KINDS = [KIND.channelMessage, KIND.textGeneration, KIND.textGenerationResult, KIND.jobFeedback, KIND.privateFrame, KIND.privatePart, KIND.deletion]
const PARTS = { text: 'with text as it is made', answer: 'acknowledging it', other: 'request, invoice, feedback, result' } as const
type Part = keyof typeof PARTS

export async function measureMessages(folder: string): Promise<Measure> {
  const market = await openBenchMarket(folder, 'messages', TOKENS_PER_SECOND)
  const bystander = createRelayPool({ clock: systemClock, random: systemRandom, openWebSocket: openWebSocketWithWs(), crypto: await loadNostrCrypto(), log: () => {} })
  for (const url of market.customer.pool.urls()) bystander.add(url)
  if (!(await bystander.connected(10_000))) throw new Error('The relay does not answer.')
  const createCounts = () => ({ text: createSamples(), answer: createSamples(), other: createSamples(), all: createSamples() })
  const counts: Readonly<Record<DialectName, ReturnType<typeof createCounts>>> = { channel: createCounts(), nip90: createCounts(), 'souk/1': createCounts() }

  async function count(dialect: DialectName): Promise<void> {
    const seen = { text: 0, answer: 0, other: 0 }
    const listening = Promise.withResolvers<void>()
    const subscription = bystander.subscribe([{ kinds: JOB_KINDS, since: Math.floor(Date.now() / 1_000), limit: 0 }], {
      onEvent(event) {
        const part = partOf(event, market.seller)
        if (part !== null) seen[part] += 1
      },
      onEose: listening.resolve,
    })
    await listening.promise
    await market.buyWhole(dialect, TOKENS)
    await pauseMs(SETTLE_MS)
    subscription.close()
    for (const part of ['text', 'answer', 'other'] as const) counts[dialect][part].add(seen[part])
    counts[dialect].all.add(seen.text + seen.answer + seen.other)
  }

  let rounds = 0
  return {
    /** One dialect in each, the first ones only: seventeen seconds, and hardly ever another number. */
    async round() {
      const dialect = DIALECTS[rounds]
      rounds += 1
      if (dialect !== undefined) await count(dialect)
    },
    samples: () => Object.fromEntries(DIALECTS.flatMap((name) => Object.entries(counts[name]).map(([part, samples]) => [`${name}.${part}`, samples.rounds] as const))),
    rows: () => DIALECTS.flatMap((name) => (counts[name].all.all().length === 0 ? [] : rowsOf(name, counts[name]))),
    async close() {
      await bystander.close()
      await market.close()
    },
  }
}

function rowsOf(name: DialectName, counts: Readonly<Record<Part | 'all', ReturnType<typeof createSamples>>>): readonly Row[] {
  const row = (what: string, part: Part | 'all'): Row => ({ group: `Events for an answer of ${TOKENS} tokens at ${TOKENS_PER_SECOND} a second`, what, unit: 'events', summary: summarize(counts[part].all()) })
  return [row(`${name}, in all`, 'all'), ...(['text', 'answer', 'other'] as const).map((part) => row(`${name}, ${PARTS[part]}`, part))]
}

/** Null: not about a job. Frames are encrypted, but who wrote one tells. */
function partOf({ kind, pubkey, tags, content }: NostrEvent, seller: string): Part | null {
  if (kind === KIND.privateFrame) return tagValues(tags, 'e').length === 0 ? null : pubkey === seller ? 'text' : 'answer'
  if (kind === KIND.channelMessage) return content.includes('"StreamChunk"') ? 'text' : 'other'
  if (kind === KIND.jobFeedback) return tags.some(([name, value]) => name === 'status' && value === 'partial') ? 'text' : 'other'
  return 'other'
}
