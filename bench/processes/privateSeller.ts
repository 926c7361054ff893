/**
 * Sends private frames through the seller's own code: each encrypted, signed and published. Argument: the relay's URL.
 * Told who they are for and how; says what it took.
 */
import { z } from 'zod'
import { createCipher } from '#engine/nostr/cipher.ts'
import { loadNostrCrypto } from '#engine/nostr/crypto.ts'
import { openWebSocketWithWs } from '#engine/nostr/openWebSocket.ts'
import { createRelayPool } from '#engine/nostr/pool.ts'
import { createFrameInbox } from '#engine/provider/dialects/frameInbox.ts'
import { createFrameSender } from '#engine/provider/dialects/frameSender.ts'
import { systemClock, systemRandom } from '#main/headless/nodePorts.ts'
import { pauseMs, stampText } from '../clock.ts'

/** Published and not yet answered by the relay: enough to keep it busy, within every queue. */
const IN_FLIGHT = 64
const TICK_MS = 2
/** What is under way when the model has written its last: gone through, or given up. */
const SETTLE_MS = 4_000
const jobSchema = z.object({ customer: z.string(), requestId: z.string() })
const taskSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('frames'), job: jobSchema, count: z.number() }),
  z.object({ type: z.literal('streams'), jobs: z.array(jobSchema), chunksPerSecond: z.number(), forMs: z.number() }),
])
type Job = z.output<typeof jobSchema>
type Streams = Extract<z.output<typeof taskSchema>, { type: 'streams' }>

const url = process.argv[2] ?? ''
const crypto = await loadNostrCrypto()
const secretKey = systemRandom.bytes(32)
const signer = crypto.createSigner(secretKey)
const pool = createRelayPool({ clock: systemClock, random: systemRandom, openWebSocket: openWebSocketWithWs(), crypto, log: () => {} })
const frames = createFrameInbox({ pool, signer, cipher: createCipher(secretKey, systemRandom), clock: systemClock, isSelling: () => false })
pool.add(url)
const isConnected = await pool.connected(10_000)
frames.listen({ mayTake: () => null, isCustomer: () => true, onRequest() {}, onPaymentClaim() {}, onCancel() {}, onLockClaim() {}, onRelease() {} })

async function sendFrames({ customer, requestId }: Job, count: number): Promise<number> {
  let seq = 0
  let taken = 0
  const sendInTurn = async () => {
    while (seq < count) {
      seq += 1
      const report = await frames.send({ type: 'delta', seq, text: stampText() }, { peer: customer, requestId, relays: undefined })
      if (report?.accepted === true) taken += 1
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, sendInTurn))
  return taken
}

/** Models that write side by side, each chunk given to its stream when it is due. Returns how many frames they became. */
async function runStreams({ jobs, chunksPerSecond, forMs }: Streams): Promise<{ readonly chunks: number; readonly frames: number }> {
  let sent = 0
  const streams = jobs.map(({ customer, requestId }, index) => {
    const sender = createFrameSender({
      clock: systemClock,
      intervalMs: () => pool.frameIntervalMs(),
      async send(frame) {
        sent += 1
        const report = await frames.send(frame, { peer: customer, requestId, relays: undefined })
        return report?.accepted === true ? 'taken' : 'lost'
      },
    })
    const forget = frames.hear(requestId, customer, (seq) => sender.acknowledge(seq))
    return { sender, forget, delayMs: (index / jobs.length / chunksPerSecond) * 1_000, written: 0 }
  })
  const startedAt = performance.now()
  const perStream = Math.floor((forMs / 1_000) * chunksPerSecond)
  while (streams.some(({ written }) => written < perStream)) {
    const elapsedMs = performance.now() - startedAt
    for (const stream of streams) {
      const due = Math.min(perStream, Math.floor(((elapsedMs - stream.delayMs) / 1_000) * chunksPerSecond))
      for (; stream.written < due; stream.written += 1) stream.sender.add(stampText())
    }
    await pauseMs(TICK_MS)
  }
  await pauseMs(SETTLE_MS)
  for (const { sender, forget } of streams) {
    sender.close()
    forget()
  }
  return { chunks: perStream * jobs.length, frames: sent }
}

async function run(message: unknown): Promise<void> {
  const task = taskSchema.parse(message)
  const before = process.cpuUsage()
  if (task.type === 'frames') {
    const taken = await sendFrames(task.job, task.count)
    const { user, system } = process.cpuUsage(before)
    process.send?.({ taken, cpuMs: (user + system) / 1_000 })
  } else {
    process.send?.(await runStreams(task))
  }
}

process.on('message', (message) => void run(message))
process.once('disconnect', () => void pool.close())
process.send?.({ isConnected, pubkey: signer.pubkey })
