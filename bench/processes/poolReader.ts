/** Reads stamped chunks through a pool of its own. Arguments: relays. Told `{ channelId }` once; every other message asks what came since the last, and how much was refused. */
import { z } from 'zod'
import { loadNostrCrypto } from '#engine/nostr/crypto.ts'
import { openWebSocketWithWs } from '#engine/nostr/openWebSocket.ts'
import { createRelayPool } from '#engine/nostr/pool.ts'
import { systemClock, systemRandom } from '#main/headless/nodePorts.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import { monotonicMs, readStamps } from '../clock.ts'

const taskSchema = z.object({ channelId: z.string().optional() })

const pool = createRelayPool({ clock: systemClock, random: systemRandom, openWebSocket: openWebSocketWithWs(), crypto: await loadNostrCrypto(), log: () => {} })
const urls = process.argv.slice(2)
for (const url of urls) pool.add(url)
const isConnected = await pool.connected(10_000)
let latenciesMs: number[] = []

process.on('message', (message) => {
  const { channelId } = taskSchema.parse(message)
  if (channelId === undefined) {
    const relays = Object.values(pool.status.get())
    process.send?.({ latenciesMs, dropped: relays.reduce((sum, { dropped }) => sum + dropped, 0) })
    latenciesMs = []
    return
  }
  pool.subscribe([{ kinds: [KIND.channelMessage], '#e': [channelId] }], {
    onEvent({ content }) {
      const now = monotonicMs()
      latenciesMs.push(...readStamps(content).map((stampedAt) => now - stampedAt))
    },
    onEose: () => process.send?.({ isListening: true }),
  })
})
process.once('disconnect', () => void pool.close())
process.send?.({ isConnected })
