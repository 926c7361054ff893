/** A sandbox host in a process of its own, to be killed: `node hostProcess.ts FOLDER`. Prints its relay's address once it is open. */
import { randomBytes } from 'node:crypto'
import { loadNostrCrypto } from '../../nostr/crypto.ts'
import { openWebSocketWithWs } from '../../nostr/openWebSocket.ts'
import { joinSandbox } from '../sandbox.ts'

const folder = process.argv[2]
if (folder === undefined) throw new Error('name the folder')
const joined = await joinSandbox({
  folder,
  clock: {
    now: () => Date.now(),
    after(delayMs, run) {
      const timer = setTimeout(run, delayMs)
      return () => clearTimeout(timer)
    },
  },
  random: { bytes: (length) => new Uint8Array(randomBytes(length)) },
  log: () => {},
  openWebSocket: openWebSocketWithWs(),
  crypto: await loadNostrCrypto(),
})
if (!joined.ok) throw new Error(joined.error.message)
process.stdout.write(`${joined.value.relayUrl}\n`)
