/** The embedded relay in a process of its own. Arguments: a folder, the store's name in it. Says its URL, and its processor time to every message. */
import { join } from 'node:path'
import { loadNostrCrypto } from '#engine/nostr/crypto.ts'
import { startEmbeddedRelay } from '#engine/nostr/embeddedRelay/embeddedRelay.ts'
import { systemClock } from '#main/headless/nodePorts.ts'

const crypto = await loadNostrCrypto()
const relay = await startEmbeddedRelay({ port: 0, databasePath: join(process.argv[2] ?? '', process.argv[3] ?? 'bench-relay.db'), clock: systemClock, log: () => {}, crypto })
process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send?.({ cpuMs: (user + system) / 1_000 })
})
process.once('disconnect', () => void relay.close())
process.send?.({ url: relay.url })
