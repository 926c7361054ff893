/** Asks a seller whether it is there (souk/1's `ping`, PROTOCOL.md §5), each time from a key of which nobody has heard. */
import { MAX_MESSAGE_AHEAD_SECS } from '#shared/protocol/event.ts'
import { parseFrame } from '#shared/protocol/frames.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import { createCipher } from '../nostr/cipher.ts'
import type { NostrCrypto } from '../nostr/crypto.ts'
import type { RelayPool } from '../nostr/relayPool.ts'
import { signFrame } from '../nostr/signFrame.ts'
import type { Clock, Random } from '../ports.ts'

export interface PingerOptions {
  readonly pool: Pick<RelayPool, 'subscribe' | 'publish' | 'urls'>
  readonly crypto: Pick<NostrCrypto, 'createSigner'>
  readonly random: Random
  readonly clock: Clock
  /** That key's owner has answered, at that time (Unix milliseconds). */
  readonly onPong: (pubkey: string, atMs: number) => void
}

/** To whom, and where it reads. */
export interface Pinged {
  readonly pubkey: string
  /** Relays that its offer names, and on which it was seen. */
  readonly relays: readonly string[]
  readonly seenOn: readonly string[]
}

export interface Pinger {
  /** On relays of one's own alone. What is not answered in some seconds, or comes while too many are open, is forgotten. */
  ping(offer: Pinged): void
  close(): void
}

const PATIENCE_MS = 8_000
const MAX_OPEN = 40
const MAX_RELAYS = 4
const KEY_BYTES = 32

export function createPinger({ pool, crypto, random, clock, onPong }: PingerOptions): Pinger {
  const open = new Set<() => void>()

  return {
    ping({ pubkey, relays: named, seenOn }) {
      if (open.size >= MAX_OPEN) return
      // Where it was seen it is likeliest to read; and no relay is gone to because an offer names it, or whoever lists one on a
      // relay of its own learns who looks.
      const own = pool.urls()
      const relays = [...new Set([...seenOn, ...named])].filter((url) => own.includes(url)).slice(0, MAX_RELAYS)
      const key = random.bytes(KEY_BYTES)
      const [signer, cipher] = [crypto.createSigner(key), createCipher(key, random)]
      const asked = signFrame({ signer, cipher }, clock, { type: 'ping', seq: 1 }, { peer: pubkey, requestId: null })
      if (asked === null || relays.length === 0) return
      const end = () => {
        open.delete(end)
        cancelTimer()
        subscription.close()
      }
      const cancelTimer = clock.after(PATIENCE_MS, end)
      const subscription = pool.subscribe([{ kinds: [KIND.privateFrame], authors: [pubkey], '#p': [signer.pubkey], since: asked.created_at - MAX_MESSAGE_AHEAD_SECS }], {
        relays,
        onEvent(event) {
          const text = cipher.decrypt(pubkey, event.content)
          const frame = text.ok ? parseFrame(text.value) : text
          if (event.pubkey !== pubkey || !frame.ok || frame.value.type !== 'pong') return
          end()
          onPong(pubkey, clock.now())
        },
      })
      open.add(end)
      void pool.publish(asked, relays)
    },
    close() {
      for (const end of open) end()
    },
  }
}
