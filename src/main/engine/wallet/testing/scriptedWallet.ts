/** A NIP-47 wallet service that does what a test tells it: the honest answer, a wrong one, two, or none. */
import { hexToBytes } from '@noble/hashes/utils.js'
import type { NostrEvent } from '#shared/protocol/event.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import { formatConnection, type NwcEncryption } from '#shared/protocol/nip47.ts'
import type { NostrCrypto } from '../../nostr/crypto.ts'
import { createMemoryPool, type MemoryNetwork } from '../../nostr/testing/memoryPool.ts'
import type { Clock } from '../../ports.ts'
import { nodeRandom } from '../../testing/nodePorts.ts'
import { createNip47Cipher } from '../nip47Cipher.ts'

export const RELAY = 'wss://wallet.test'
const CLIENT_SECRET = '02'.repeat(32)

export interface ScriptedRequest {
  readonly method: string
  readonly params: Record<string, unknown>
  readonly event: NostrEvent
  result(result: unknown): void
  error(code: string, message?: string): void
  /** Anything at all as the content: encrypted when it is an object, as it is when it is a string. */
  answer(content: object | string): void
}

export interface ScriptedWallet {
  readonly connection: string
  readonly pubkey: string
  /** The next request, in order of arrival. */
  next(): Promise<ScriptedRequest>
  /** Answers everything from now on. */
  serve(answer: (request: ScriptedRequest) => void): void
  publishInfo(tags: readonly (readonly string[])[]): void
  notify(body: object): void
  /** Signed by somebody else, about the same request. */
  impostor(request: ScriptedRequest, body: object): void
}

export function createScriptedWallet(network: MemoryNetwork, crypto: NostrCrypto, clock: Clock, encryption: NwcEncryption = 'nip44_v2'): ScriptedWallet {
  const pool = createMemoryPool({ urls: [RELAY], network })
  const secretKey = hexToBytes('03'.repeat(32))
  const signer = crypto.createSigner(secretKey)
  const cipher = createNip47Cipher(secretKey, nodeRandom)
  const client = crypto.publicKey(hexToBytes(CLIENT_SECRET))
  const queue: ScriptedRequest[] = []
  const takers: ((request: ScriptedRequest) => void)[] = []
  const nowSecs = () => Math.floor(clock.now() / 1_000)

  const send = (kind: number, tags: readonly (readonly string[])[], content: object | string) => {
    const text = typeof content === 'string' ? content : cipher.encrypt(client, JSON.stringify(content), encryption)
    void pool.publish(signer.sign({ kind, created_at: nowSecs(), tags: [['p', client], ...tags], content: text }))
  }
  const onEvent = (event: NostrEvent) => {
    const body = JSON.parse(cipher.decrypt(event.pubkey, event.content)) as { method: string; params: Record<string, unknown> }
    const answer = (content: object | string) => send(KIND.walletResponse, [['e', event.id]], content)
    const request: ScriptedRequest = {
      ...body,
      event,
      answer,
      result: (result) => answer({ result_type: body.method, error: null, result }),
      error: (code, message = 'no') => answer({ result_type: body.method, error: { code, message }, result: null }),
    }
    const taker = takers.shift()
    if (taker === undefined) queue.push(request)
    else taker(request)
  }
  pool.subscribe([{ kinds: [KIND.walletRequest], '#p': [signer.pubkey] }], { onEvent })

  const next = () => {
    const waiting = queue.shift()
    return waiting === undefined ? new Promise<ScriptedRequest>((resolve) => void takers.push(resolve)) : Promise.resolve(waiting)
  }
  return {
    connection: formatConnection({ walletPubkey: signer.pubkey, relays: [RELAY], secret: CLIENT_SECRET }),
    pubkey: signer.pubkey,
    next,
    serve(answer) {
      const serveNext = async (): Promise<void> => {
        answer(await next())
        return serveNext()
      }
      void serveNext()
    },
    publishInfo(tags) {
      void pool.publish(signer.sign({ kind: KIND.walletInfo, created_at: nowSecs(), tags, content: 'pay_invoice get_balance' }))
    },
    notify: (body) => send(encryption === 'nip04' ? KIND.walletNotificationNip04 : KIND.walletNotification, [], body),
    impostor(request, body) {
      const other = hexToBytes('04'.repeat(32))
      const content = createNip47Cipher(other, nodeRandom).encrypt(client, JSON.stringify(body), 'nip44_v2')
      const tags = [['p', client], ['e', request.event.id]]
      network(RELAY).deliver(crypto.createSigner(other).sign({ kind: KIND.walletResponse, created_at: nowSecs(), tags, content }))
    },
  }
}

export const CLIENT_SECRET_HEX = CLIENT_SECRET
