/**
 * Ten thousand listings on their way from a relay's event to a page's copy of the market: the directory, the rows, the messages
 * as JSON, and the page's mirror, all in this process. Signatures are not in it: see "Crypto".
 */
import { createDirectory } from '#engine/customer/directory.ts'
import { createOfferRows } from '#engine/customer/offerRows.ts'
import { createMemoryPool } from '#engine/nostr/testing/memoryPool.ts'
import { createManualClock } from '#engine/testing/manualClock.ts'
import { mirrorRows } from '#main/ipc/mirrorRows.ts'
import { customerRoutes } from '#shared/ipc/customer.ts'
import { createStateMirror } from '#shared/ipc/stateMirror.ts'
import { sats } from '#shared/market/msat.ts'
import type { NostrEvent } from '#shared/protocol/event.ts'
import { listingTemplate } from '#shared/protocol/nip89.ts'
import { createSamples, type Measure } from '../measure.ts'
import { summarize } from '../statistics.ts'

const LISTINGS = 10_000
const SELLERS = 500
const UPDATES = 1_000
const UPDATE_EVERY_MS = 200
const NOW = 1_760_000_000
const route = customerRoutes['customer.offers']

export function measureDirectory(): Measure {
  const load = createSamples()
  const cpu = createSamples()
  const bytes = createSamples()
  return {
    round() {
      for (const samples of [load, cpu, bytes]) samples.beginRound()
      const events = Array.from({ length: LISTINGS }, (_, n) => listingOf(n, NOW - 600, n))
      const market = openMarket()
      const loading = process.cpuUsage()
      for (const event of events) market.deliver(event)
      market.settle()
      load.add(usedMs(loading))
      if (market.shown() !== LISTINGS) throw new Error(`${market.shown()} of ${LISTINGS} listings arrived.`)
      // The second before: every seller was last seen long ago, and that it is there shows on all of its offers.
      update(market, NOW - 300, 0)
      market.takeBytes()
      const updating = process.cpuUsage()
      update(market, NOW - 299, UPDATES)
      cpu.add(usedMs(updating))
      bytes.add(market.takeBytes() / UPDATES)
      market.close()
      return Promise.resolve()
    },
    samples: () => ({ loadCpuMs: load.rounds, cpuMs: cpu.rounds, bytes: bytes.rounds }),
    rows: () => [
      { group: 'Directory, 10,000 listings', what: 'processor time of loading all, from verified events to the page’s copy', unit: 'ms', summary: summarize(load.all()) },
      { group: 'Directory, 10,000 listings', what: 'processor time of 1,000 updates, engine and page’s copy', unit: 'ms', summary: summarize(cpu.all()) },
      { group: 'Directory, 10,000 listings', what: 'sent to the page for one update', unit: 'B', summary: summarize(bytes.all()) },
    ],
    close: () => Promise.resolve(),
  }
}

function usedMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since)
  return (user + system) / 1_000
}

/** A second of updates, in the steps that the directory takes. */
function update(market: ReturnType<typeof openMarket>, createdAt: number, from: number): void {
  const events = Array.from({ length: UPDATES }, (_, n) => listingOf(((from + n) * 37) % LISTINGS, createdAt, LISTINGS + from + n))
  events.forEach((event, n) => {
    market.deliver(event)
    if ((n + 1) % UPDATE_EVERY_MS === 0) market.settle()
  })
}

function listingOf(n: number, createdAt: number, version: number): NostrEvent {
  const listing = {
    listingId: `stall-${Math.floor(n / SELLERS)}`,
    name: `Stall ${n}`,
    about: 'One of a crowd.',
    picture: '',
    priceMsat: sats(1 + (version % 997)),
    models: [`model-${n % 7}`],
    dialects: ['souk/1', 'nip90'] as const,
    capabilities: ['text-generation'],
    relays: ['wss://relay.test'],
    network: 'regtest' as const,
    channelId: null,
    sparkAddress: '',
    intervalSecs: 3_600,
  }
  return { ...listingTemplate(listing, createdAt), id: version.toString(16).padStart(64, '0'), pubkey: (n % SELLERS).toString(16).padStart(64, '0'), sig: '0'.repeat(128) }
}

/** The whole way, with a clock of its own. */
function openMarket() {
  const clock = createManualClock(NOW * 1_000)
  const memory = createMemoryPool()
  let deliver: (event: NostrEvent) => void = () => {}
  const pool: typeof memory = {
    ...memory,
    subscribe(filters, subscriber) {
      deliver = (event) => subscriber.onEvent(event, 'wss://relay.test')
      return memory.subscribe(filters, subscriber)
    },
  }
  const directory = createDirectory({ pool, clock, log: () => {}, ownPubkey: () => '' })
  const rows = createOfferRows({ offers: directory.offers, network: 'regtest', housePubkey: () => null, history: { all: () => new Map(), of: () => null } })
  const page = createStateMirror(route)
  if (route.rows === undefined) throw new Error('The offers are no rows.')
  let bytes = 0
  let sent = 0
  const take = (message: Parameters<typeof page.take>[0]) => {
    const text = JSON.stringify(message)
    bytes += Buffer.byteLength(text)
    sent += 1
    if (!page.take(JSON.parse(text))) throw new Error('The page could not read it.')
  }
  const mirror = mirrorRows({
    ...route.rows,
    source: { get: () => ({ offers: {}, loaded: true, refused: {} }), subscribe: () => () => {} },
    record: rows.rows,
    snapshot: route.snapshot,
    clock,
    intervalMs: 33,
    onSnapshot: (value) => take({ type: 'snapshot', value }),
    onPatch: (patch) => take({ type: 'patch', patch }),
    onBug(what, error) {
      throw new Error(`${what}: ${String(error)}`)
    },
  })
  return {
    deliver: (event: NostrEvent) => deliver(event),
    /** Lets time pass until the page has everything. */
    settle() {
      clock.advance(UPDATE_EVERY_MS)
      for (let before = -1; before !== sent; ) {
        before = sent
        mirror.grant(2)
        clock.advance(33)
      }
    },
    shown: () => Object.keys((page.value() as { offers: object }).offers).length,
    takeBytes() {
      const taken = bytes
      bytes = 0
      return taken
    },
    close() {
      mirror.stop()
      rows.close()
      directory.close()
    },
  }
}
