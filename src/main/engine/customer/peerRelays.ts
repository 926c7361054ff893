/** Where the sellers that one looks at read: their relay lists (NIP-65), asked for when somebody is about to ask them. */
import { parseRelayList } from '#shared/protocol/nip65.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import type { RelayPool, Subscription } from '../nostr/relayPool.ts'
import type { Clock } from '../ports.ts'

export interface PeerRelays {
  /** Addresses where that key's owner reads, as far as is known now. What is not known is asked for, so that a later call knows. */
  of(pubkey: string): readonly string[]
  close(): void
}

/** Keys remembered; the one asked about longest ago is forgotten first. */
const MAX_PEERS = 256
/** Questions at the same time: more are asked when somebody wants to know again. */
const MAX_QUESTIONS = 8
/** NIP-65 asks for two to four. */
const MAX_RELAYS = 4
const FRESH_MS = 3_600_000
const RETRY_MS = 300_000

interface Known {
  readonly relays: readonly string[]
  readonly createdAt: number
  readonly freshUntilMs: number
}

export function createPeerRelays({ pool, clock }: { readonly pool: Pick<RelayPool, 'subscribe'>; readonly clock: Clock }): PeerRelays {
  const peers = new Map<string, Known>()
  const questions = new Map<string, Subscription | null>()

  function remember(pubkey: string, known: Known): void {
    peers.delete(pubkey)
    peers.set(pubkey, known)
    const [oldest] = peers.keys()
    if (peers.size > MAX_PEERS && oldest !== undefined) peers.delete(oldest)
  }

  function lookUp(pubkey: string): void {
    const before = peers.get(pubkey)
    let relays = before?.relays ?? []
    let createdAt = before?.createdAt ?? -Infinity
    questions.set(pubkey, null)
    const subscription = pool.subscribe([{ kinds: [KIND.relayList], authors: [pubkey], limit: 1 }], {
      onEvent(event) {
        const list = parseRelayList(event)
        // A relay may keep an older one: the newest counts, whichever comes first.
        if (!list.ok || list.value.pubkey !== pubkey || list.value.createdAt <= createdAt) return
        createdAt = list.value.createdAt
        relays = list.value.read.slice(0, MAX_RELAYS)
        remember(pubkey, { relays, createdAt, freshUntilMs: clock.now() + FRESH_MS })
      },
      onEose() {
        remember(pubkey, { relays, createdAt, freshUntilMs: clock.now() + (createdAt === -Infinity ? RETRY_MS : FRESH_MS) })
        questions.get(pubkey)?.close()
        questions.delete(pubkey)
      },
    })
    if (questions.has(pubkey)) questions.set(pubkey, subscription)
    else subscription.close()
  }

  return {
    of(pubkey) {
      const known = peers.get(pubkey)
      const isFresh = known !== undefined && clock.now() < known.freshUntilMs
      if (!isFresh && !questions.has(pubkey) && questions.size < MAX_QUESTIONS) lookUp(pubkey)
      return peers.get(pubkey)?.relays ?? []
    },
    close() {
      for (const subscription of questions.values()) subscription?.close()
      questions.clear()
    },
  }
}
