/** Chunks through the embedded relay: publisher, relay and subscriber each a process of its own; real signed kind 42 events. */
import { randomBytes } from 'node:crypto'
import { loadNostrCrypto } from '#engine/nostr/crypto.ts'
import { openWebSocketWithWs } from '#engine/nostr/openWebSocket.ts'
import { createRelayPool } from '#engine/nostr/pool.ts'
import { systemClock, systemRandom } from '#main/headless/nodePorts.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import { startChild } from '../child.ts'
import { monotonicMs, readStamps } from '../clock.ts'
import { createSamples, type Measure } from '../measure.ts'
import { summarize } from '../statistics.ts'

const FLOOD_EVENTS = 1_200
const PACED_EVENTS = 40
const PACED_EVERY_MS = 15

export async function measureRelay(folder: string): Promise<Measure> {
  const relay = startChild('./processes/relay.ts', [folder])
  const url = String((await relay.next())['url'])
  const publisher = startChild('./processes/publisher.ts', [url])
  const pool = createRelayPool({ clock: systemClock, random: systemRandom, openWebSocket: openWebSocketWithWs(), crypto: await loadNostrCrypto(), log: () => {} })
  pool.add(url)
  if (!(await pool.connected(10_000)) || (await publisher.next())['isConnected'] !== true) throw new Error('The relay does not answer.')
  const perSecond = createSamples()
  const latency = createSamples()

  /** Has `count` events published and reads them all: when each arrived, and how long it was on its way. */
  async function readEvents(count: number, everyMs: number): Promise<{ readonly arrivedAt: readonly number[]; readonly onTheWayMs: readonly number[] }> {
    const channelId = randomBytes(32).toString('hex')
    const arrivedAt: number[] = []
    const onTheWayMs: number[] = []
    const { promise: everything, resolve } = Promise.withResolvers<void>()
    const subscribed = Promise.withResolvers<void>()
    const subscription = pool.subscribe([{ kinds: [KIND.channelMessage], '#e': [channelId] }], {
      onEvent(event) {
        const now = monotonicMs()
        arrivedAt.push(now)
        onTheWayMs.push(...readStamps(event.content).map((stampedAt) => now - stampedAt))
        if (arrivedAt.length === count) resolve()
      },
      onEose: subscribed.resolve,
    })
    await subscribed.promise
    publisher.send({ channelId, count, everyMs })
    const { accepted } = await publisher.next()
    if (accepted !== count) throw new Error(`The relay took ${String(accepted)} of ${count} events.`)
    await everything
    subscription.close()
    return { arrivedAt, onTheWayMs }
  }

  return {
    async round() {
      perSecond.beginRound()
      latency.beginRound()
      const { onTheWayMs } = await readEvents(PACED_EVENTS, PACED_EVERY_MS)
      latency.add(...onTheWayMs)
      const { arrivedAt } = await readEvents(FLOOD_EVENTS, 0)
      perSecond.add(((arrivedAt.length - 1) / ((arrivedAt.at(-1) ?? 0) - (arrivedAt[0] ?? 0))) * 1_000)
    },
    samples: () => ({ chunksPerSecond: perSecond.rounds, oneWayMs: latency.rounds }),
    rows: () => [
      { group: 'Relay', what: 'chunks from pool to pool, sustained', unit: '/s', summary: summarize(perSecond.all()) },
      { group: 'Relay', what: 'one way, signed to handled', unit: 'ms', summary: summarize(latency.all()) },
    ],
    async close() {
      await pool.close()
      await publisher.close()
      await relay.close()
    },
  }
}
