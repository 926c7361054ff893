/**
 * A program on a relay with a key and a wallet of its own, written from the public specs alone: nothing of `src/` is in it.
 * NIP-01 and NIP-44 are nostr-tools'; NIP-47 is here. Amounts in msat.
 */
import { decrypt, encrypt, getConversationKey } from 'nostr-tools/nip44'
import { finalizeEvent, generateSecretKey, getPublicKey } from 'nostr-tools/pure'
import { Relay } from 'nostr-tools/relay'

const WALLET_REQUEST = 23194
const WALLET_RESPONSE = 23195

export const nowSecs = () => Math.floor(Date.now() / 1_000)

/** One JSON record a line. */
export const tell = (record) => process.stdout.write(`${JSON.stringify(record)}\n`)

/** The value of the first tag of that name, or of its n-th place. */
export const tagValue = (tags, name, place = 1) => tags.find((tag) => tag[0] === name)?.[place]

export async function openPlainPeer({ relay: url, wallet }) {
  const relay = await Relay.connect(url)
  const secretKey = generateSecretKey()
  const walletKey = generateSecretKey()

  const publish = async (template, key = secretKey) => {
    const event = finalizeEvent({ created_at: nowSecs(), tags: [], content: '', ...template }, key)
    await relay.publish(event)
    return event
  }

  /** Calls `onEvent` for what is stored and for what comes. */
  const listen = (filter, onEvent) => relay.subscribe([filter], { onevent: onEvent })

  /** One NIP-47 request, as the connection string of this wallet would be used. Throws what the wallet refuses. */
  const callWallet = (method, params) =>
    new Promise((resolve, reject) => {
      const conversation = getConversationKey(walletKey, wallet)
      const request = finalizeEvent(
        { kind: WALLET_REQUEST, created_at: nowSecs(), tags: [['p', wallet], ['encryption', 'nip44_v2']], content: encrypt(JSON.stringify({ method, params }), conversation) },
        walletKey,
      )
      const subscription = listen({ kinds: [WALLET_RESPONSE], authors: [wallet], '#e': [request.id] }, (response) => {
        subscription.close()
        const { result, error } = JSON.parse(decrypt(response.content, conversation))
        if (error) reject(new Error(`${method}: ${error.code} ${error.message}`))
        else resolve(result)
      })
      relay.publish(request).catch(reject)
    })

  return {
    pubkey: getPublicKey(secretKey),
    publish,
    listen,
    callWallet,
    seal: (peer, text) => encrypt(text, getConversationKey(secretKey, peer)),
    open: (peer, content) => decrypt(content, getConversationKey(secretKey, peer)),
    close: () => relay.close(),
  }
}
