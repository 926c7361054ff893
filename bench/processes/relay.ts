/** The embedded relay in a process of its own. Argument: a folder. Says its URL. */
import { join } from 'node:path'
import { loadNostrCrypto } from '#engine/nostr/crypto.ts'
import { startEmbeddedRelay } from '#engine/nostr/embeddedRelay/embeddedRelay.ts'
import { systemClock } from '#main/headless/nodePorts.ts'

const crypto = await loadNostrCrypto()
const relay = await startEmbeddedRelay({ port: 0, databasePath: join(process.argv[2] ?? '', 'bench-relay.db'), clock: systemClock, log: () => {}, crypto })
process.once('disconnect', () => void relay.close())
process.send?.({ url: relay.url })
