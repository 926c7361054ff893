/** The relays of one's own: kept in the settings, and what the pool is told follows at once. */
import { MAX_RELAYS, type RelaySetting } from '#shared/ipc/settings.ts'
import { fail, ok, type Result } from '#shared/market/result.ts'
import { parseRelayAddress } from './nostr/relayAddress.ts'
import type { RelayPool, RelayUse } from './nostr/relayPool.ts'
import type { Preferences } from './preferences.ts'

export interface RelayListOptions {
  readonly pool: Pick<RelayPool, 'add' | 'remove'>
  readonly preferences: Pick<Preferences, 'settings' | 'update'>
  /** For this run instead of the sandbox's own and the stored ones; null: those. */
  readonly fixed: readonly RelaySetting[] | null
  /** The sandbox's own relay: always there, always read and written. */
  readonly ownUrl: string | null
}

export interface RelayList {
  /** Connects to every relay of the list. */
  open(): Result<null>
  /** What is used now, in order, the sandbox's own among it. */
  relays(): readonly RelaySetting[]
  add(url: string, use: RelayUse): Result<null>
  change(url: string, use: RelayUse): Result<null>
  remove(url: string): Result<null>
  /** Hangs up, and connects anew without waiting for the next attempt. */
  reconnect(url: string): Result<null>
}

const UNKNOWN = fail('unknown', 'This relay is not in the list.')
const USELESS = fail('useless', 'A relay that is neither read nor written is of no use. Leave one on, or remove it.')
const BOTH: RelayUse = { read: true, write: true }

export function createRelayList({ pool, preferences, fixed, ownUrl }: RelayListOptions): RelayList {
  const relays = new Map<string, RelaySetting>()

  /** What the command line gives for one run stays out of the store, and what it leaves out stays in. */
  function store(change: (stored: readonly RelaySetting[]) => RelaySetting[]): void {
    preferences.update({ relays: change(preferences.settings.get().relays) })
  }

  function use(relay: RelaySetting): Result<null> {
    const { url, ...uses } = relay
    const problem = pool.add(url, uses)
    if (problem !== null) return fail('bad-address', problem)
    relays.set(url, relay)
    return ok(null)
  }

  /** The relay of the list that this address spells. */
  function find(text: string): RelaySetting | undefined {
    const address = parseRelayAddress(text)
    return address.ok ? relays.get(address.value) : undefined
  }

  return {
    open() {
      const wanted = fixed ?? [...(ownUrl === null ? [] : [{ url: ownUrl, ...BOTH }]), ...preferences.settings.get().relays.filter(({ url }) => url !== ownUrl)]
      for (const { url, ...uses } of wanted) {
        const address = parseRelayAddress(url)
        if (!address.ok) return fail('bad-relay', address.error.message)
        const used = use({ url: address.value, ...uses })
        if (!used.ok) return fail('bad-relay', used.error.message)
      }
      return ok(null)
    },
    relays: () => [...relays.values()],
    add(text, uses) {
      const address = parseRelayAddress(text)
      if (!address.ok) return fail('bad-address', address.error.message)
      if (relays.has(address.value)) return fail('known', 'This relay is in the list already.')
      if (Math.max(relays.size, preferences.settings.get().relays.length) >= MAX_RELAYS) return fail('too-many', `There are ${MAX_RELAYS} relays already. Remove one first.`)
      if (!uses.read && !uses.write) return USELESS
      const relay = { url: address.value, ...uses }
      const used = use(relay)
      if (used.ok) store((stored) => [...stored.filter(({ url }) => url !== relay.url), relay])
      return used
    },
    change(text, uses) {
      const relay = find(text)
      if (relay === undefined) return UNKNOWN
      if (relay.url === ownUrl) return fail('embedded', 'The sandbox’s own relay is always read and written.')
      if (!uses.read && !uses.write) return USELESS
      const changed = { url: relay.url, ...uses }
      const used = use(changed)
      if (used.ok) store((stored) => stored.map((each) => (each.url === relay.url ? changed : each)))
      return used
    },
    remove(text) {
      const relay = find(text)
      if (relay === undefined) return UNKNOWN
      if (relay.url === ownUrl) return fail('embedded', 'This is the sandbox’s own relay. It stays while the sandbox is used.')
      pool.remove(relay.url)
      relays.delete(relay.url)
      store((stored) => stored.filter(({ url }) => url !== relay.url))
      return ok(null)
    },
    reconnect(text) {
      const relay = find(text)
      if (relay === undefined) return UNKNOWN
      pool.remove(relay.url)
      return use(relay)
    },
  }
}
