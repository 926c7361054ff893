/** One private job between two engines, and everything that the operator of the customer's relay sees of it. */
import { ended, openMarket, until } from './market.ts'
import { startRelayProxy, type RelayFrame } from './relayProxy.ts'

export interface PrivateJobDump {
  readonly frames: readonly RelayFrame[]
  readonly prompt: string
  readonly answer: string
  readonly jobId: string
  /** Hex: what nobody but the customer is to know, or to connect with the job. */
  readonly customerKeys: Readonly<Record<string, string>>
  /** Relays that were told who somebody is (NIP-42) were told this. */
  readonly sellerPubkey: string
}

const PROMPT = 'Private matter: which of the zebra-4711 accounts was never audited?'

/** The customer trades over the recorded relay alone; its wallet's relay is another connection, and another matter. */
export async function recordPrivateJob(): Promise<PrivateJobDump> {
  const market = await openMarket()
  const proxy = await startRelayProxy(market.sandbox.relayUrl)
  try {
    const seller = await market.openSeller('seller', { toyTokensPerSecond: 60 })
    const buyer = await market.open('buyer', { config: { relays: [proxy.url] } })
    const selection = { by: 'pubkey' as const, prefix: seller.keyring.identity.pubkey }
    const question = { prompt: PROMPT, selection, dialect: 'souk/1' as const }
    await until((look) => buyer.customer.offers.subscribe(look), () => (buyer.customer.quote(question).ok ? true : null), () => 'the offer')
    const asked = buyer.customer.ask(question)
    if (!asked.ok) throw new Error(asked.error.message)
    const { jobId } = asked.value
    await Promise.all([ended(buyer, 'customer', jobId), ended(seller, 'provider', jobId)])
    const { identity } = buyer.keyring
    return {
      frames: [...proxy.frames],
      prompt: PROMPT,
      answer: buyer.customer.answer(jobId),
      jobId,
      customerKeys: { pubkey: identity.pubkey, secretKey: Buffer.from(identity.secretKey).toString('hex'), walletSecret: Buffer.from(identity.walletSecret).toString('hex'), npub: Buffer.from(identity.npub).toString('hex') },
      sellerPubkey: seller.keyring.identity.pubkey,
    }
  } finally {
    await market.end()
    await proxy.close()
  }
}

/** Every place in the frames where one of the texts or bytes can be read: as it is, JSON-escaped, in hex, in base64 at any offset. */
export function findTraces(frames: readonly RelayFrame[], bytes: Buffer): readonly string[] {
  const plain = bytes.toString('utf8')
  const spellings = [plain, JSON.stringify(plain).slice(1, -1), JSON.stringify(JSON.stringify(plain).slice(1, -1)).slice(1, -1), bytes.toString('hex'), ...base64Spellings(bytes)]
  return frames.flatMap(({ connection, from, text }) => spellings.filter((spelling) => text.toLowerCase().includes(spelling.toLowerCase())).map((spelling) => `connection ${connection}, from the ${from}: ${spelling.slice(0, 40)}`))
}

/** What base64 makes of the bytes wherever they begin: without the characters that depend on their neighbours. */
function base64Spellings(bytes: Buffer): readonly string[] {
  return [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64').replace(/=+$/, '')
    return text.slice(offset === 0 ? 0 : offset + 1, -2)
  })
}
