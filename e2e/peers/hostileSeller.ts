/**
 * A seller that cheats in one way: `node hostileSeller.ts RELAY MODE`. It announces the cheapest offer, and answers every
 * request with an invoice that must not be paid. Prints one JSON record a line.
 */
import { loadNostrCrypto } from '#engine/nostr/crypto.ts'
import { openWebSocketWithWs } from '#engine/nostr/openWebSocket.ts'
import { createRelayPool } from '#engine/nostr/pool.ts'
import { systemClock, systemRandom } from '#main/headless/nodePorts.ts'
import { msat, sats } from '#shared/market/msat.ts'
import { encodeInvoice } from '#shared/protocol/bolt11.ts'
import { channelMessageTemplate, jobIdOf, parseChannelMessage } from '#shared/protocol/channel.ts'
import { channelCreateTemplate } from '#shared/protocol/channelCreate.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import { listingTemplate } from '#shared/protocol/nip89.ts'

const PRICE = sats(2)
const [relay = '', mode = ''] = process.argv.slice(2)
const nowSecs = () => Math.floor(Date.now() / 1_000)
const tell = (record: object) => process.stdout.write(`${JSON.stringify(record)}\n`)

const crypto = await loadNostrCrypto()
const secretKey = systemRandom.bytes(32)
const signer = crypto.createSigner(secretKey)
const pool = createRelayPool({ clock: systemClock, random: systemRandom, openWebSocket: openWebSocketWithWs(), crypto, log: () => {} })
pool.add(relay)
await pool.connected(10_000)

const channel = signer.sign(channelCreateTemplate({ name: mode, about: '', picture: '', relays: [relay] }, nowSecs()))
await pool.publish(channel)
pool.subscribe([{ kinds: [KIND.channelMessage], '#e': [channel.id] }], {
  onEvent(event) {
    const message = parseChannelMessage(event.content)
    if (!message.ok || message.value.type !== 'JobRequest') return
    const bolt11 = cheat()
    tell({ type: 'asked' })
    const invoice = { type: 'Invoice', job_id: jobIdOf(event.id), bolt11, amount_msats: PRICE } as const
    void pool.publish(signer.sign(channelMessageTemplate(channel.id, relay, invoice, nowSecs())))
  },
})
await pool.publish(
  signer.sign(
    listingTemplate(
      { listingId: 'hostile', name: `Hostile: ${mode}`, about: '', picture: '', priceMsat: PRICE, models: ['m'], capabilities: ['text-generation'], relays: [relay], network: 'regtest', channelId: channel.id, sparkAddress: '', intervalSecs: 300 },
      nowSecs(),
    ),
  ),
)
tell({ type: 'selling', pubkey: signer.pubkey })

/** The message beside it says two sats; what counts is inside the invoice. */
function cheat(): string {
  const content = { network: 'regtest', amountMsat: PRICE, paymentHash: Buffer.from(systemRandom.bytes(32)).toString('hex'), paymentSecret: Buffer.from(systemRandom.bytes(32)).toString('hex'), description: 'pay me', createdAt: nowSecs(), expirySecs: 600 } as const
  switch (mode) {
    case 'wrong-network':
      return encodeInvoice({ ...content, network: 'mainnet' }, secretKey)
    case 'over-quote':
      return encodeInvoice({ ...content, amountMsat: msat(90_000_000) }, secretKey)
    case 'expired':
      return encodeInvoice({ ...content, createdAt: nowSecs() - 10_000 }, secretKey)
    default:
      return 'lnbcrt100n1mock'
  }
}
