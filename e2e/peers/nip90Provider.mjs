/**
 * A NIP-90 provider, written from PROTOCOL.md §3 and §4 alone: announces itself, answers every request that names it, once
 * its own wallet says that the invoice was paid.
 *
 *   node nip90Provider.mjs --relay URL --wallet PUBKEY [--form canonical|original] [--price MSAT]
 *
 * It reads requests of every form, and writes those of one. A hidden request gets hidden answers. Runs until it is ended.
 */
import { parseArgs } from 'node:util'
import { nowSecs, openPlainPeer, tagValue, tell } from './plainPeer.mjs'

const { values } = parseArgs({
  options: { relay: { type: 'string' }, wallet: { type: 'string' }, form: { type: 'string', default: 'canonical' }, price: { type: 'string', default: '7000' } },
})
const { relay, form, price } = values
const isCanonical = form === 'canonical'
const LOOK_AGAIN_MS = 100
const peer = await openPlainPeer(values)

peer.listen({ kinds: [5050], '#p': [peer.pubkey], since: nowSecs() - 300 }, (request) => void answer(request))
await peer.publish({
  kind: 31990,
  tags: [['d', 'plain'], ['k', '5050'], ['t', 'llm'], ['price', price, 'per-request', 'msats'], ['relay', relay], ['network', 'regtest'], ['model', 'echo'], ['expiration', String(nowSecs() + 600)]],
  content: JSON.stringify({ name: `A ${form} stranger`, about: 'Echoes.' }),
})
tell({ type: 'selling', pubkey: peer.pubkey })

async function answer(request) {
  const encrypted = request.tags.some(([name]) => name === 'encrypted')
  const job = readRequest(request, encrypted)
  tell({ type: 'asked', id: request.id, from: request.pubkey, encrypted, ...job })
  const { invoice, payment_hash } = await peer.callWallet('make_invoice', { amount: Number(price), description: 'A plain answer' })
  await say(request, encrypted, 'payment-required', 'pay first', isCanonical ? [['amount', price, invoice]] : [['amount', price, 'msats']], isCanonical ? '' : invoice)
  await settled(payment_hash)
  await say(request, encrypted, 'processing', '')
  const text = `You said: ${job.prompt}`
  if (isCanonical) await say(request, encrypted, 'partial', '', [], text.slice(0, 9))
  await deliver(request, encrypted, text, invoice)
  await say(request, encrypted, 'success', '')
  const { balance } = await peer.callWallet('get_balance', {})
  tell({ type: 'delivered', id: request.id, balanceMsat: balance })
}

function readRequest({ tags, content, pubkey }, encrypted) {
  const said = encrypted ? JSON.parse(peer.open(pubkey, content)) : tags
  const params = Object.fromEntries(said.filter(([name]) => name === 'param').map(([, key, value]) => [key, value]))
  return { prompt: tagValue(said, 'i') ?? content, params, bid: tagValue(said, 'bid') }
}

function say(request, encrypted, status, text, extra = [], content = '') {
  const said = [['status', status, ...(text === '' ? [] : [text])], ...extra]
  const about = [['e', request.id], ['p', request.pubkey]]
  if (!encrypted) return peer.publish({ kind: 7000, tags: [...said, ...about], content })
  const hidden = JSON.stringify([...said, ...(content === '' ? [] : [['content', content]])])
  return peer.publish({ kind: 7000, tags: [...about, ['encrypted']], content: peer.seal(request.pubkey, hidden) })
}

function deliver(request, encrypted, text, invoice) {
  const about = [['e', request.id], ['p', request.pubkey]]
  if (encrypted) return peer.publish({ kind: 6050, tags: [...about, ['encrypted']], content: peer.seal(request.pubkey, text) })
  const named = isCanonical ? [['request', JSON.stringify(request)], ...request.tags.filter(([name]) => name === 'i'), ['amount', price, invoice]] : [['request', request.id]]
  return peer.publish({ kind: 6050, tags: [...named, ...about], content: text })
}

/** A customer's word is none: the wallet is asked until it says so. */
async function settled(paymentHash) {
  for (;;) {
    const found = await peer.callWallet('lookup_invoice', { payment_hash: paymentHash })
    if (found.settled_at) return
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS))
  }
}
