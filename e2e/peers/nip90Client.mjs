/**
 * A NIP-90 customer, written from PROTOCOL.md §4 alone: asks one seller, pays its invoice, reads the result, and ends.
 *
 *   node nip90Client.mjs --relay URL --wallet PUBKEY --seller PUBKEY --prompt TEXT [--form canonical|original] [--encrypted]
 *
 * It is a strict reader: of each form it takes what that form says, and nothing of the other.
 */
import { parseArgs } from 'node:util'
import { openPlainPeer, tagValue, tell } from './plainPeer.mjs'

const { values } = parseArgs({
  options: { relay: { type: 'string' }, wallet: { type: 'string' }, seller: { type: 'string' }, prompt: { type: 'string' }, form: { type: 'string', default: 'canonical' }, encrypted: { type: 'boolean', default: false } },
})
const { seller, prompt, form, encrypted } = values
const isCanonical = form === 'canonical'
const peer = await openPlainPeer(values)

const request = await peer.publish({ kind: 5050, ...writeRequest() })
tell({ type: 'asked', id: request.id, pubkey: peer.pubkey })

let isPaid = false
peer.listen({ kinds: [7000, 6050], authors: [seller], '#e': [request.id] }, (event) => {
  if (tagValue(event.tags, 'p') !== peer.pubkey) throw new Error('an answer that is for somebody else')
  if (event.tags.some(([name]) => name === 'encrypted') !== encrypted) throw new Error('an answer that is not hidden as the request was')
  if (event.kind === 6050) void onResult(event)
  else void onFeedback(event)
})

/** What the form says, and where. */
function writeRequest() {
  const params = [['param', 'max_tokens', '64'], ...(isCanonical ? [['param', 'temperature', '0.5'], ['param', 'top-k', '20'], ['param', 'frequency_penalty', '1.1']] : [])]
  const inputs = isCanonical ? [['i', prompt, 'text']] : []
  const tags = [...inputs, ...params, ...(isCanonical ? [['bid', '50000'], ['relays', values.relay]] : [])]
  if (!encrypted) return { tags: [...tags, ['p', seller]], content: isCanonical ? '' : prompt }
  // The original has no `i`: hidden, its prompt is the content itself, beside parameters that are not.
  if (!isCanonical) return { tags: [...params, ['p', seller], ['encrypted']], content: peer.seal(seller, prompt) }
  return { tags: [['p', seller], ['encrypted']], content: peer.seal(seller, JSON.stringify(tags)) }
}

/** Tags and content as they were before they were hidden. */
function readFeedback(event) {
  if (!encrypted) return event
  const tags = JSON.parse(peer.open(seller, event.content))
  return { tags, content: tagValue(tags, 'content') ?? '' }
}

async function onFeedback(event) {
  const { tags, content } = readFeedback(event)
  const [, status, text] = tags.find(([name]) => name === 'status')
  tell({ type: 'status', status, text })
  if (status === 'error') return end(1)
  if (status !== 'payment-required' || isPaid) return
  isPaid = true
  const invoice = isCanonical ? tagValue(tags, 'amount', 2) : content
  tell({ type: 'invoice', amountMsat: Number(tagValue(tags, 'amount')), invoice })
  const { preimage } = await peer.callWallet('pay_invoice', { invoice })
  tell({ type: 'paid', preimage })
}

async function onResult(event) {
  const text = encrypted ? peer.open(seller, event.content) : event.content
  if (!encrypted) {
    const named = tagValue(event.tags, 'request')
    const id = isCanonical ? JSON.parse(named).id : named
    if (id !== request.id) throw new Error('a result that does not name its request as this form does')
  }
  const { balance } = await peer.callWallet('get_balance', {})
  tell({ type: 'result', text, balanceMsat: balance })
  return end(0)
}

function end(code) {
  peer.close()
  process.exitCode = code
}
