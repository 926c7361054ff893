/** Publishes stamped chunks through a pool of its own. Argument: the relay's URL. Told `{ channelId, count, everyMs }`; says what was accepted. */
import { z } from 'zod'
import { loadNostrCrypto } from '#engine/nostr/crypto.ts'
import { createRelayPool } from '#engine/nostr/pool.ts'
import { openWebSocketWithWs } from '#engine/nostr/openWebSocket.ts'
import { systemClock, systemRandom } from '#main/headless/nodePorts.ts'
import { channelMessageTemplate } from '#shared/protocol/channel.ts'
import { pauseMs, stampText } from '../clock.ts'

/** Published and not yet answered by the relay: enough to keep it busy, within every queue. */
const IN_FLIGHT = 64
const taskSchema = z.object({ channelId: z.string(), count: z.number(), everyMs: z.number() })

const url = process.argv[2] ?? ''
const crypto = await loadNostrCrypto()
const pool = createRelayPool({ clock: systemClock, random: systemRandom, openWebSocket: openWebSocketWithWs(), crypto, log: () => {} })
const signer = crypto.createSigner(systemRandom.bytes(32))
pool.add(url)
const isConnected = await pool.connected(10_000)

async function publishOne(channelId: string): Promise<boolean> {
  const message = { type: 'StreamChunk' as const, job_id: 'job_0123456789abcdef', chunk: stampText(), is_final: false }
  return (await pool.publish(signer.sign(channelMessageTemplate(channelId, url, message, Math.floor(Date.now() / 1_000))))).accepted
}

async function run({ channelId, count, everyMs }: z.output<typeof taskSchema>): Promise<void> {
  let accepted = 0
  if (everyMs > 0) {
    for (let sent = 0; sent < count; sent += 1) {
      if (await publishOne(channelId)) accepted += 1
      await pauseMs(everyMs)
    }
  } else {
    let sent = 0
    const publishInTurn = async () => {
      while (sent < count) {
        sent += 1
        if (await publishOne(channelId)) accepted += 1
      }
    }
    await Promise.all(Array.from({ length: IN_FLIGHT }, publishInTurn))
  }
  process.send?.({ accepted })
}

process.on('message', (task) => void run(taskSchema.parse(task)))
process.once('disconnect', () => void pool.close())
process.send?.({ isConnected })
