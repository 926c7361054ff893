/**
 * Asks a NIP-47 wallet service over a relay pool. One call is one event and at most one answer; every call ends in time.
 * Written here and not taken from @getalby/sdk, which up to 8.0.3 ends the process on an answer that it cannot decrypt,
 * sends requests that never expire, and forgets answers that come late.
 */
import { hexToBytes } from '@noble/hashes/utils.js'
import type { z } from 'zod'
import type { NostrEvent } from '#shared/protocol/event.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import { nwcNotificationSchema, nwcResponseSchema, type NwcConnection, type NwcEncryption, type NwcMethod } from '#shared/protocol/nip47.ts'
import { setBounded } from '../boundedMap.ts'
import type { NostrCrypto } from '../nostr/crypto.ts'
import type { RelayPool } from '../nostr/relayPool.ts'
import type { Signer } from '../nostr/signer.ts'
import type { Clock, Log, Random } from '../ports.ts'
import { createNip47Cipher } from './nip47Cipher.ts'
import { safeParse } from '#shared/safeParse.ts'

export type NwcReply<T> =
  | { readonly kind: 'result'; readonly value: T }
  /** The wallet's own refusal. */
  | { readonly kind: 'error'; readonly code: string; readonly message: string }
  /** No relay was connected: the request did not leave this machine. */
  | { readonly kind: 'not-sent' }
  /** Given to no relay that took it, or answered by nobody in time, or answered with nonsense: it may have been acted upon. */
  | { readonly kind: 'unpublished' | 'timeout' | 'garbled' }

export interface NwcClient {
  request<Schema extends z.ZodType>(method: NwcMethod, params: object, schema: Schema, options: RequestOptions): Promise<NwcReply<z.output<Schema>>>
  /** The payment hashes that notifications name, and those of payments whose answer came after its call had ended. */
  watch(listener: (hint: { readonly paymentHash: string }) => void): () => void
  close(): Promise<void>
}

export interface RequestOptions {
  readonly timeoutMs: number
  /** Named by a hint when the answer comes late. */
  readonly paymentHash?: string
  /** Ends the call as `timeout` before its time: its answer is late from then on. */
  readonly handOver?: AbortSignal
}

export interface NwcClientOptions {
  readonly connection: NwcConnection
  /** Called on first use; the client adds the connection's relays, and closes it. The signer is for relays that ask who it is (NIP-42). */
  readonly createPool: (signer: Signer) => RelayPool
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly crypto: NostrCrypto
  readonly connectMs: number
}

interface Waiting {
  answer(content: unknown): void
  giveUp(): void
}

const INFO_TIMEOUT_MS = 5_000
/** Requests whose answer may still come, after their call has ended. */
const MAX_LATE = 200
/** Some relays store what NIP-47 calls ephemeral; a wallet's clock may be behind by less than this. */
const LOOK_BACK_SECS = 3_600

export function createNwcClient({ connection, createPool, clock, random, log, crypto, connectMs }: NwcClientOptions): NwcClient {
  const secretKey = hexToBytes(connection.secret)
  const signer = crypto.createSigner(secretKey)
  const cipher = createNip47Cipher(secretKey, random)
  const { walletPubkey } = connection
  const waiting = new Map<string, Waiting>()
  const late = new Map<string, string>()
  const listeners = new Set<(hint: { readonly paymentHash: string }) => void>()
  let pool: RelayPool | null = null
  let encryption: Promise<NwcEncryption> | null = null
  let closed = false

  const hint = (paymentHash: string) => {
    for (const listener of new Set(listeners)) listener({ paymentHash })
  }

  const onEvent = (event: NostrEvent) => {
    if (closed || event.pubkey !== walletPubkey) return
    const content = readContent(event)
    if (event.kind !== KIND.walletResponse) {
      const notification = safeParse(nwcNotificationSchema, content)
      if (notification.success) hint(notification.data.notification.payment_hash)
      return
    }
    const requestId = event.tags.find(([name, value]) => name === 'e' && value !== undefined && (waiting.has(value) || late.has(value)))?.[1]
    if (requestId === undefined) return
    const call = waiting.get(requestId)
    if (call !== undefined) return call.answer(content)
    const paymentHash = late.get(requestId)
    late.delete(requestId)
    if (paymentHash !== undefined) hint(paymentHash)
  }

  /** Undefined for what cannot be decrypted or is no JSON. */
  const readContent = (event: NostrEvent): unknown => {
    try {
      return JSON.parse(cipher.decrypt(walletPubkey, event.content))
    } catch {
      log('warn', 'The wallet sent something that cannot be read', { kind: event.kind })
      return undefined
    }
  }

  const open = (): RelayPool => {
    if (pool !== null) return pool
    const opened = createPool(signer)
    pool = opened
    for (const relay of connection.relays) {
      const problem = opened.add(relay)
      if (problem !== null) log('warn', 'A relay of the wallet connection cannot be used', { relay, problem })
    }
    const kinds = [KIND.walletResponse, KIND.walletNotification, KIND.walletNotificationNip04]
    const since = Math.floor(clock.now() / 1_000) - LOOK_BACK_SECS
    opened.subscribe([{ kinds, authors: [walletPubkey], '#p': [signer.pubkey], since }], { onEvent })
    return opened
  }

  /** From the wallet's info event (13194). A service that publishes none is taken to know NIP-44. */
  const negotiate = (over: RelayPool) =>
    new Promise<NwcEncryption>((resolve) => {
      let newest: NostrEvent | null = null
      const end = () => {
        cancel()
        subscription.close()
        const known = newest?.tags.find(([name]) => name === 'encryption')?.[1]?.split(' ') ?? []
        // No info is no reason to fall back to the weaker form; an info without the tag is (NIP-47).
        resolve(newest === null || known.includes('nip44_v2') ? 'nip44_v2' : 'nip04')
        if (newest === null) encryption = null
      }
      const cancel = clock.after(INFO_TIMEOUT_MS, end)
      // onEose comes later than this call returns.
      const subscription = over.subscribe([{ kinds: [KIND.walletInfo], authors: [walletPubkey], limit: 1 }], {
        onEvent(event) {
          if (event.pubkey === walletPubkey && event.created_at >= (newest?.created_at ?? 0)) newest = event
        },
        onEose: end,
      })
    })

  return {
    async request(method, params, schema, { timeoutMs, paymentHash, handOver }) {
      if (closed) return { kind: 'not-sent' }
      const over = open()
      if (!(await over.connected(connectMs))) return { kind: 'not-sent' }
      encryption ??= negotiate(over)
      const chosen = await encryption
      const content = cipher.encrypt(walletPubkey, JSON.stringify({ method, params }), chosen)
      if (closed || handOver?.aborted === true) return { kind: 'not-sent' }
      const nowSecs = Math.floor(clock.now() / 1_000)
      const event = signer.sign({
        kind: KIND.walletRequest,
        created_at: nowSecs,
        // A request that a relay delivers after we gave it up must not be acted upon.
        tags: [['p', walletPubkey], ['encryption', chosen], ['expiration', String(nowSecs + Math.ceil(timeoutMs / 1_000))]],
        content,
      })

      return new Promise<NwcReply<z.output<typeof schema>>>((resolve) => {
        const end = (reply: NwcReply<z.output<typeof schema>>) => {
          if (!waiting.delete(event.id)) return
          cancel()
          handOver?.removeEventListener('abort', timeOut)
          resolve(reply)
        }
        const giveUp = (kind: 'timeout' | 'unpublished') => {
          if (paymentHash !== undefined && waiting.has(event.id)) setBounded(late, event.id, paymentHash, MAX_LATE)
          end({ kind })
        }
        const timeOut = () => giveUp('timeout')
        const cancel = clock.after(timeoutMs, timeOut)
        handOver?.addEventListener('abort', timeOut, { once: true })
        waiting.set(event.id, { answer: (answered) => end(readReply(answered, method, schema)), giveUp: timeOut })
        const publish = async () => {
          const { accepted, verdicts } = await over.publish(event)
          // A relay that timed out may have passed it on: then the answer is worth waiting for.
          if (!accepted && verdicts.every(({ verdict }) => verdict === 'refused' || verdict === 'unreachable')) giveUp('unpublished')
        }
        void publish()
      })
    },
    watch(listener) {
      if (!closed) open()
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    async close() {
      if (closed) return
      closed = true
      listeners.clear()
      for (const call of waiting.values()) call.giveUp()
      await pool?.close()
    },
  }
}

function readReply<Schema extends z.ZodType>(content: unknown, method: NwcMethod, schema: Schema): NwcReply<z.output<Schema>> {
  const response = safeParse(nwcResponseSchema, content)
  if (!response.success) return { kind: 'garbled' }
  const { error, result, result_type } = response.data
  if (error !== null) return { kind: 'error', ...error }
  if (result_type !== null && result_type !== method) return { kind: 'garbled' }
  const parsed = safeParse(schema, result)
  return parsed.success ? { kind: 'result', value: parsed.data } : { kind: 'garbled' }
}
