/** Somebody on the relay with a key and a wallet of their own, who says exactly what a test makes them say. */
import { sats, type Msat } from '#shared/market/msat.ts'
import { channelMessageTemplate, jobIdOf, parseChannelMessage, type ChannelMessage } from '#shared/protocol/channel.ts'
import type { EventTemplate, Filter, NostrEvent } from '#shared/protocol/event.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import { listingTemplate } from '#shared/protocol/nip89.ts'
import { loadNostrCrypto } from '../nostr/crypto.ts'
import { openWebSocketWithWs } from '../nostr/openWebSocket.ts'
import { createRelayPool } from '../nostr/pool.ts'
import { createNwcWallet } from '../wallet/nwc.ts'
import type { Invoice, Wallet } from '../wallet/wallet.ts'
import { until, type Market } from './market.ts'
import { nodeClock, nodeRandom } from './nodePorts.ts'

export interface Peer {
  readonly pubkey: string
  /** 32 bytes. */
  readonly secretKey: Uint8Array
  readonly wallet: Wallet
  sign(template: EventTemplate): NostrEvent
  publish(template: EventTemplate): Promise<NostrEvent>
  /** Says it in a channel; resolves when the relay has it. */
  say(channelId: string, message: ChannelMessage): Promise<NostrEvent>
  /** Every event that the relay has or gets, in order of arrival, until one gives something. */
  hear<T>(filter: Filter, find: (event: NostrEvent) => T | null): Promise<T>
  /** The same for what is said in a channel. */
  hearChannel<T>(channelId: string, find: (message: ChannelMessage, event: NostrEvent) => T | null): Promise<T>
  invoice(amountMsat: Msat): Promise<Invoice>
  /** Lists an offer in a channel of its own, whose id it returns. */
  offer(priceMsat?: Msat): Promise<string>
  /** The next request in that channel. */
  request(channelId: string): Promise<{ readonly jobId: string; readonly event: NostrEvent }>
  close(): Promise<void>
}

export async function openPeer(market: Market): Promise<Peer> {
  const crypto = await loadNostrCrypto()
  const secretKey = nodeRandom.bytes(32)
  const signer = crypto.createSigner(secretKey)
  const ports = { clock: nodeClock, random: nodeRandom, log: () => {}, openWebSocket: openWebSocketWithWs(), crypto }
  const pool = createRelayPool(ports)
  pool.add(market.sandbox.relayUrl)
  const made = createNwcWallet({ ...ports, connection: market.sandbox.connectionFor(nodeRandom.bytes(32)), network: 'regtest' })
  if (!made.ok) throw new Error(made.error.message)
  const wallet = made.value
  const nowSecs = () => Math.floor(nodeClock.now() / 1_000)

  const publish = async (template: EventTemplate) => {
    const event = signer.sign(template)
    await pool.connected(10_000)
    const report = await pool.publish(event)
    if (!report.accepted) throw new Error(`no relay took it: ${JSON.stringify(report.verdicts)}`)
    return event
  }
  const hear: Peer['hear'] = (filter, find) => {
    const events: NostrEvent[] = []
    return until(
      (look) => {
        const subscription = pool.subscribe([filter], {
          onEvent(event) {
            events.push(event)
            look()
          },
        })
        return () => subscription.close()
      },
      () => {
        for (let event = events.shift(); event !== undefined; event = events.shift()) {
          const found = find(event)
          if (found !== null) return found
        }
        return null
      },
      () => `to hear ${JSON.stringify(filter)}`,
    )
  }
  const hearChannel: Peer['hearChannel'] = (channelId, find) =>
    hear({ kinds: [KIND.channelMessage], '#e': [channelId] }, (event) => {
      const message = parseChannelMessage(event.content)
      return message.ok ? find(message.value, event) : null
    })

  return {
    pubkey: signer.pubkey,
    secretKey,
    wallet,
    sign: (template) => signer.sign(template),
    publish,
    say: (channelId, message) => publish(channelMessageTemplate(channelId, market.sandbox.relayUrl, message, nowSecs())),
    hear,
    hearChannel,
    async invoice(amountMsat) {
      const invoice = await wallet.createInvoice({ amountMsat, description: 'a peer’s', expirySecs: 600 })
      if (!invoice.ok) throw new Error(invoice.error.message)
      return invoice.value
    },
    async offer(priceMsat = sats(10)) {
      const channelId = Buffer.from(nodeRandom.bytes(32)).toString('hex')
      await publish(
        listingTemplate(
          { listingId: 'peer', name: 'Peer', about: '', picture: '', priceMsat, models: ['m'], capabilities: [], relays: [], network: 'regtest', channelId, sparkAddress: '', intervalSecs: 300 },
          nowSecs(),
        ),
      )
      return channelId
    },
    request: (channelId) => hearChannel(channelId, (message, event) => (message.type === 'JobRequest' ? { jobId: jobIdOf(event.id), event } : null)),
    async close() {
      await pool.close()
      await wallet.close()
    },
  }
}
