/**
 * A crowd of sellers: `node crowd.ts RELAY LISTINGS`. Publishes that many listings by five hundred keys and says so; then, for a
 * line `update RATE SECONDS` on standard input, announces so many of them a second again, each at another price. Prints one JSON
 * record a line. Listing n is called `Stall n` and asks first (7919 n mod LISTINGS) + 1 sats, so that no two ask the same.
 */
import { createInterface } from 'node:readline'
import { loadNostrCrypto } from '#engine/nostr/crypto.ts'
import { openWebSocketWithWs } from '#engine/nostr/openWebSocket.ts'
import { createRelayPool } from '#engine/nostr/pool.ts'
import { systemClock, systemRandom } from '#main/headless/nodePorts.ts'
import { sats } from '#shared/market/msat.ts'
import { listingTemplate } from '#shared/protocol/nip89.ts'

const SELLERS = 500
const MODELS = 7
/** Announced so long ago at first, so that every update is newer, and all are live for a while. */
const FIRST_AGE_SECS = 120
/** Published and not yet answered by the relay. */
const IN_FLIGHT = 64
const TICK_MS = 20

const [relay = '', count = '0'] = process.argv.slice(2)
const listings = Number(count)
const tell = (record: object) => process.stdout.write(`${JSON.stringify(record)}\n`)
const nowSecs = () => Math.floor(Date.now() / 1_000)

const crypto = await loadNostrCrypto()
const signers = Array.from({ length: SELLERS }, () => crypto.createSigner(systemRandom.bytes(32)))
const pool = createRelayPool({ clock: systemClock, random: systemRandom, openWebSocket: openWebSocketWithWs(), crypto, log: () => {} })
pool.add(relay)
await pool.connected(10_000)

const prices = Array.from({ length: listings }, (_, n) => ((n * 7_919) % listings) + 1)
let refused = 0

async function announce(n: number, createdAt: number): Promise<void> {
  const listing = {
    listingId: `stall-${Math.floor(n / SELLERS)}`,
    name: `Stall ${n}`,
    about: 'One of a crowd.',
    picture: '',
    priceMsat: sats(prices[n] ?? 1),
    models: [`model-${n % MODELS}`],
    dialects: n % 3 === 0 ? (['souk/1', 'nip90'] as const) : (['nip90'] as const),
    capabilities: ['text-generation'],
    relays: [relay],
    network: n % 10 === 9 ? ('mainnet' as const) : ('regtest' as const),
    channelId: null,
    sparkAddress: '',
    intervalSecs: 3_600,
  }
  const signer = signers[n % SELLERS]
  if (!signer || !(await pool.publish(signer.sign(listingTemplate(listing, createdAt)))).accepted) refused += 1
}

async function announceAll(): Promise<void> {
  let next = 0
  const announceInTurn = async () => {
    while (next < listings) {
      const n = next
      next += 1
      await announce(n, nowSecs() - FIRST_AGE_SECS + (n % (FIRST_AGE_SECS / 2)))
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, announceInTurn))
}

/** As many a tick as the time that passed asks for; a relay that falls behind is told no more than it can take. */
async function update(rate: number, seconds: number): Promise<number> {
  const startedAt = performance.now()
  let sent = 0
  const open = new Set<Promise<void>>()
  while (performance.now() - startedAt < seconds * 1_000) {
    const due = Math.min(rate * seconds, Math.floor(((performance.now() - startedAt) * rate) / 1_000))
    while (sent < due && open.size < 8 * IN_FLIGHT) {
      const n = (sent * 37) % listings
      prices[n] = ((prices[n] ?? 1) * 31 + 7) % listings + 1
      sent += 1
      const announced: Promise<void> = announce(n, nowSecs()).finally(() => open.delete(announced))
      open.add(announced)
    }
    await new Promise((resolve) => setTimeout(resolve, TICK_MS))
  }
  await Promise.all(open)
  return sent
}

await announceAll()
tell({ type: 'published', listings, refused })
for await (const line of createInterface({ input: process.stdin })) {
  const [word, rate, seconds] = line.split(' ')
  if (word === 'update') tell({ type: 'updated', updates: await update(Number(rate), Number(seconds)), refused, prices: prices.slice(0, 100) })
}
await pool.close()
