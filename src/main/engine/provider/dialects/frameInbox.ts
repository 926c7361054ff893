/**
 * The one reader of the private frames (kind 25050) that are for a seller (PROTOCOL.md §5): acknowledgements of its streams,
 * cancellations of jobs in whatever dialect, and questions whether it is there, which it answers while it sells.
 */
import { isTimely, MAX_MESSAGE_AGE_SECS, type NostrEvent } from '#shared/protocol/event.ts'
import { frameAddress, parseFrame, type Frame, type FrameAddress } from '#shared/protocol/frames.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import type { Cipher } from '../../nostr/cipher.ts'
import type { PublishReport, RelayPool, Subscription } from '../../nostr/relayPool.ts'
import type { Signer } from '../../nostr/signer.ts'
import { signFrame } from '../../nostr/signFrame.ts'
import { createTokenBucket } from '../../nostr/tokenBucket.ts'
import type { Clock } from '../../ports.ts'
import type { SaleInbox } from '../dialect.ts'
import { createJobAllowance } from './jobAllowance.ts'

export interface FrameInboxOptions {
  readonly pool: RelayPool
  readonly signer: Signer
  readonly cipher: Cipher
  readonly clock: Clock
  /** Whether somebody who asks is told that we are there. */
  readonly isSelling: () => boolean
}

/** Who is spoken to about what, and where. */
export interface FramePeer extends FrameAddress {
  /** The write relays when absent. */
  readonly relays: readonly string[] | undefined
}

export interface FrameInbox {
  listen(inbox: SaleInbox): Subscription
  /** Until the returned function is called, what that customer acknowledges of that job is heard. */
  hear(requestId: string, customer: string, acknowledge: (seq: number) => void): () => void
  /** Encrypts, signs and publishes one frame. Null when the peer's key is none. */
  send(frame: Frame, to: FramePeer): Promise<PublishReport | null>
}

/** What a customer has to say is short: the longest reason is below this when it is encrypted. */
const MAX_CONTENT_CHARACTERS = 8_192
/** A key that was never seen costs milliseconds to read, and anybody can make one. */
const STRANGERS_PER_SEC = 30
const STRANGERS_AT_ONCE = 60
const PONGS_PER_SEC = 10
const PONGS_AT_ONCE = 20

interface Hearer {
  readonly customer: string
  readonly acknowledge: (seq: number) => void
}

export function createFrameInbox({ pool, signer, cipher, clock, isSelling }: FrameInboxOptions): FrameInbox {
  const hearers = new Map<string, Hearer>()
  const strangers = createTokenBucket(clock, STRANGERS_PER_SEC, STRANGERS_AT_ONCE)
  const allowanceOf = createJobAllowance(clock)
  const pongs = createTokenBucket(clock, PONGS_PER_SEC, PONGS_AT_ONCE)
  const nowSecs = () => Math.floor(clock.now() / 1_000)

  function send(frame: Frame, to: FramePeer): Promise<PublishReport | null> {
    const event = signFrame({ signer, cipher }, clock, frame, to)
    return event === null ? Promise.resolve(null) : pool.publish(event, to.relays)
  }

  function onFrame(event: NostrEvent, relay: string, inbox: SaleInbox): void {
    const address = frameAddress(event)
    if (address?.peer !== signer.pubkey || !isTimely(event.created_at, nowSecs()) || event.content.length > MAX_CONTENT_CHARACTERS) return
    const { requestId } = address
    const found = requestId === null ? undefined : hearers.get(requestId)
    const hearer = found?.customer === event.pubkey ? found : null
    if (hearer === null) {
      const isOfCustomer = requestId !== null && inbox.isCustomer(requestId, event.pubkey)
      if (!(isOfCustomer ? allowanceOf(requestId) : strangers).take()) return
    }
    const text = cipher.decrypt(event.pubkey, event.content)
    const frame = text.ok ? parseFrame(text.value) : text
    if (!frame.ok) return
    const { type, seq } = frame.value
    if (type === 'ack') hearer?.acknowledge(seq)
    else if (type === 'cancel' && requestId !== null) inbox.onCancel(requestId, event.pubkey, event.id)
    else if (type === 'ping' && (isSelling() || hearer !== null) && pongs.take()) void send({ type: 'pong', seq }, { peer: event.pubkey, requestId, relays: [relay] })
  }

  return {
    send,
    hear(requestId, customer, acknowledge) {
      const hearer = { customer, acknowledge }
      hearers.set(requestId, hearer)
      return () => {
        if (hearers.get(requestId) === hearer) hearers.delete(requestId)
      }
    },
    listen: (inbox) =>
      // No relay stores them: the date is for customers whose clock is behind.
      pool.subscribe([{ kinds: [KIND.privateFrame], '#p': [signer.pubkey], since: nowSecs() - MAX_MESSAGE_AGE_SECS }], {
        onEvent: (event, relay) => onFrame(event, relay, inbox),
      }),
  }
}
