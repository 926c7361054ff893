/**
 * Private frames through the embedded relay, each encrypted and signed, verified by the relay and by the reader, and
 * decrypted: seller, relay and reader each a process of its own, with the code that trades. As fast as they go, one chunk in
 * each; and as fifty answers at once that write faster than a chunk in each could follow, so that chunks are joined.
 */
import { randomBytes } from 'node:crypto'
import { createCipher } from '#engine/nostr/cipher.ts'
import { loadNostrCrypto } from '#engine/nostr/crypto.ts'
import { openWebSocketWithWs } from '#engine/nostr/openWebSocket.ts'
import { createRelayPool } from '#engine/nostr/pool.ts'
import { createPrivateFrames } from '#engine/customer/dialects/privateFrames.ts'
import { systemClock, systemRandom } from '#main/headless/nodePorts.ts'
import { frameTemplate, writeFrame } from '#shared/protocol/frames.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import { startChild } from '../child.ts'
import { monotonicMs, readStamps } from '../clock.ts'
import { createSamples, type Measure } from '../measure.ts'
import { summarize } from '../statistics.ts'

const FRAMES = 1_200
const STREAMS = 50
const CHUNKS_PER_SECOND = 60
const STREAMS_FOR_MS = 3_000
const TARGET = { bound: 'at least', value: 2_400 } as const

/** One answer that is read here: by a key of its own, as every job's. */
interface Reader {
  readonly customer: string
  readonly requestId: string
  close(): void
}

export async function measurePrivate(folder: string): Promise<Measure> {
  const relay = startChild('./processes/relay.ts', [folder, 'private-relay.db'])
  const url = String((await relay.next())['url'])
  const seller = startChild('./processes/privateSeller.ts', [url])
  const crypto = await loadNostrCrypto()
  const pool = createRelayPool({ clock: systemClock, random: systemRandom, openWebSocket: openWebSocketWithWs(), crypto, log: () => {} })
  pool.add(url)
  const { isConnected, pubkey } = await seller.next()
  if (!(await pool.connected(10_000)) || isConnected !== true) throw new Error('The relay does not answer.')
  const provider = String(pubkey)
  const perSecond = createSamples()
  const chunksPerSecond = createSamples()
  const delay = createSamples()
  const chunksPerFrame = createSamples()
  const cpu = { seller: createSamples(), relay: createSamples(), reader: createSamples() }

  /** `acknowledges`: as a customer does; without, the way back stays empty. */
  async function read(acknowledges: boolean, onText: (text: string) => void): Promise<Reader> {
    const secretKey = systemRandom.bytes(32)
    const signer = crypto.createSigner(secretKey)
    const cipher = createCipher(secretKey, systemRandom)
    const requestId = randomBytes(32).toString('hex')
    const frames = createPrivateFrames({
      provider,
      cipher,
      clock: systemClock,
      intervalMs: () => (acknowledges ? pool.frameIntervalMs() : null),
      onText,
      onVeiled() {},
      send(frame) {
        const sealed = cipher.encrypt(provider, writeFrame(frame))
        if (sealed.ok) void pool.publish(signer.sign(frameTemplate({ peer: provider, requestId }, sealed.value, Math.floor(Date.now() / 1_000))))
      },
    })
    const listening = Promise.withResolvers<void>()
    const subscription = pool.subscribe([{ kinds: [KIND.privateFrame], authors: [provider], '#e': [requestId] }], { onEvent: (event) => frames.take(event), onEose: listening.resolve })
    await listening.promise
    return {
      customer: signer.pubkey,
      requestId,
      close() {
        subscription.close()
        frames.close()
      },
    }
  }

  async function relayCpuMs(): Promise<number> {
    relay.send({})
    return Number((await relay.next())['cpuMs'])
  }

  async function runFrames(): Promise<void> {
    const arrivedAt: number[] = []
    const everything = Promise.withResolvers<void>()
    const reader = await read(false, (text) => {
      for (const _ of readStamps(text)) arrivedAt.push(monotonicMs())
      if (arrivedAt.length === FRAMES) everything.resolve()
    })
    const before = process.cpuUsage()
    const relayBefore = await relayCpuMs()
    seller.send({ type: 'frames', job: { customer: reader.customer, requestId: reader.requestId }, count: FRAMES })
    const { taken, cpuMs } = await seller.next()
    if (taken !== FRAMES) throw new Error(`The relay took ${String(taken)} of ${FRAMES} frames.`)
    await everything.promise
    const { user, system } = process.cpuUsage(before)
    reader.close()
    perSecond.add(rate(arrivedAt))
    cpu.seller.add((Number(cpuMs) / FRAMES) * 1_000)
    cpu.relay.add((((await relayCpuMs()) - relayBefore) / FRAMES) * 1_000)
    cpu.reader.add((user + system) / FRAMES)
  }

  async function runStreams(): Promise<void> {
    const arrivedAt: number[] = []
    const readers: Reader[] = []
    for (let index = 0; index < STREAMS; index += 1) {
      readers.push(
        await read(true, (text) => {
          const now = monotonicMs()
          for (const stampedAt of readStamps(text)) {
            arrivedAt.push(now)
            delay.add(now - stampedAt)
          }
        }),
      )
    }
    seller.send({ type: 'streams', jobs: readers.map(({ customer, requestId }) => ({ customer, requestId })), chunksPerSecond: CHUNKS_PER_SECOND, forMs: STREAMS_FOR_MS })
    const { chunks, frames } = await seller.next()
    for (const reader of readers) reader.close()
    if (arrivedAt.length !== chunks) throw new Error(`${arrivedAt.length} of ${String(chunks)} chunks arrived.`)
    chunksPerSecond.add(rate(arrivedAt))
    chunksPerFrame.add(chunks / Number(frames))
  }

  return {
    async round() {
      for (const samples of [perSecond, chunksPerSecond, delay, chunksPerFrame, ...Object.values(cpu)]) samples.beginRound()
      await runFrames()
      await runStreams()
    },
    samples: () => ({
      framesPerSecond: perSecond.rounds, chunksPerSecond: chunksPerSecond.rounds, chunkDelayMs: delay.rounds, chunksPerFrame: chunksPerFrame.rounds,
      sellerMicroseconds: cpu.seller.rounds, relayMicroseconds: cpu.relay.rounds, readerMicroseconds: cpu.reader.rounds,
    }),
    rows: () => {
      const frames = 'Private frames: encrypted, signed, verified twice, decrypted'
      const streams = `${STREAMS} private answers at once, ${CHUNKS_PER_SECOND} chunks a second each`
      return [
        { group: frames, what: 'frames of one chunk each, sustained', unit: '/s', summary: summarize(perSecond.all()), target: TARGET },
        { group: frames, what: 'processor time of one frame, seller', unit: 'µs', summary: summarize(cpu.seller.all()) },
        { group: frames, what: 'processor time of one frame, relay', unit: 'µs', summary: summarize(cpu.relay.all()) },
        { group: frames, what: 'processor time of one frame, reader', unit: 'µs', summary: summarize(cpu.reader.all()) },
        { group: streams, what: 'chunks, sustained', unit: '/s', summary: summarize(chunksPerSecond.all()), target: TARGET },
        { group: streams, what: 'from the model to the reader', unit: 'ms', summary: summarize(delay.all()) },
        { group: streams, what: 'chunks in a frame', unit: '×', summary: summarize(chunksPerFrame.all()) },
      ]
    },
    async close() {
      await pool.close()
      await seller.close()
      await relay.close()
    },
  }
}

/** Of arrivals, a second. */
function rate(arrivedAt: readonly number[]): number {
  return ((arrivedAt.length - 1) / ((arrivedAt.at(-1) ?? 0) - (arrivedAt[0] ?? 0))) * 1_000
}
