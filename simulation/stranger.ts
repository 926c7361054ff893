/** Somebody who is on the relays without a Souk, and signs what it says. */
import type { Msat } from '#shared/market/msat.ts'
import { channelMessageTemplate, type ChannelMessage } from '#shared/protocol/channel.ts'
import type { EventTemplate, Filter, NostrEvent } from '#shared/protocol/event.ts'
import { createCipher } from '#engine/nostr/cipher.ts'
import type { NostrCrypto } from '#engine/nostr/crypto.ts'
import type { Socket } from '#engine/ports.ts'
import type { Chance } from './chance.ts'
import { createSeededRandom } from './chance.ts'
import type { Ledger } from './ledger.ts'
import type { Host, Network } from './network.ts'
import type { VirtualTime } from './virtualTime.ts'

export interface Stranger {
  readonly name: string
  readonly pubkey: string
  /** From now on it does nothing any more. */
  retire(): void
  /** What it did, by kind. */
  deeds(): Readonly<Record<string, number>>
}

export interface StrangerOptions {
  readonly seed: string
  readonly time: VirtualTime
  readonly network: Network
  readonly ledger: Ledger
  readonly crypto: NostrCrypto
  readonly chance: Chance
}

export interface Voice {
  readonly name: string
  readonly pubkey: string
  isActive(): boolean
  publish(template: EventTemplate): NostrEvent
  say(channelId: string, message: ChannelMessage): void
  /** NIP-44 to that key. */
  hide(peer: string, text: string): string
  nowSecs(): number
  did(deed: string): void
  invoice(amountMsat: Msat, description: string): string
}

export interface StrangerRole {
  readonly filters: readonly Filter[]
  hear(event: NostrEvent): void
}

const RECONNECT_MS = 5_000
const REMEMBERED = 4_000

/** Connects to every relay, hears each event once, and speaks to all of them. */
export function createStranger(name: string, options: StrangerOptions, playRole: (voice: Voice) => StrangerRole): Stranger {
  const { time, network, ledger, crypto } = options
  const secretKey = createSeededRandom(options.seed, `${name} key`).bytes(32)
  const signer = crypto.createSigner(secretKey)
  const cipher = createCipher(secretKey, createSeededRandom(options.seed, `${name} nonces`))
  const deeds = new Map<string, number>()
  const heard = new Set<string>()
  const sockets = new Map<string, Socket>()
  let isActive = true
  const host: Host = { name, isAlive: () => true, passPublish: () => {} }
  const voice: Voice = {
    name,
    pubkey: signer.pubkey,
    isActive: () => isActive,
    nowSecs: () => Math.floor(time.now() / 1_000),
    publish(template) {
      const event = signer.sign(template)
      const text = JSON.stringify(['EVENT', event])
      for (const socket of sockets.values()) socket.send(text)
      return event
    },
    say: (channelId, message) => void voice.publish(channelMessageTemplate(channelId, network.urls[0] ?? '', message, voice.nowSecs())),
    hide(peer, text) {
      const hidden = cipher.encrypt(peer, text)
      if (!hidden.ok) throw new Error(hidden.error.message)
      return hidden.value
    },
    did: (deed) => void deeds.set(deed, (deeds.get(deed) ?? 0) + 1),
    invoice: (amountMsat, description) => ledger.createInvoice(name, { amountMsat, description, expirySecs: 180 }).bolt11,
  }
  const role = playRole(voice)

  function connect(url: string): void {
    const socket = network.openWebSocket(host)(url, {
      onOpen() {
        socket.send(JSON.stringify(['REQ', 'all', ...role.filters.map((filter) => ({ ...filter, since: voice.nowSecs() }))]))
      },
      onMessage(text) {
        const frame = JSON.parse(text ?? '[]') as readonly unknown[] // Of our own network.
        if (frame[0] !== 'EVENT' || !isActive) return
        const event = frame[2] as NostrEvent
        if (heard.has(event.id) || event.pubkey === signer.pubkey || !crypto.verify(event)) return
        heard.add(event.id)
        const [oldest] = heard
        if (heard.size > REMEMBERED && oldest !== undefined) heard.delete(oldest)
        role.hear(event)
      },
      onClose() {
        sockets.delete(url)
        time.after(RECONNECT_MS, () => connect(url))
      },
    })
    sockets.set(url, socket)
  }
  for (const url of network.urls) connect(url)
  return { name, pubkey: signer.pubkey, retire: () => void (isActive = false), deeds: () => Object.fromEntries([...deeds].toSorted(([a], [b]) => (a < b ? -1 : 1))) }
}
