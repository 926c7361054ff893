/** The vectors of souk/1 (PROTOCOL.md §5): fixed keys and nonces, and every message that they make. */
import { describe, expect, it } from 'vitest'
import { isEncrypted, openEnvelope } from '#shared/protocol/envelope.ts'
import { parseFeedback } from '#shared/protocol/feedback.ts'
import { frameAddress, parseFrame, writeFrame } from '#shared/protocol/frames.ts'
import { parseJobRequest } from '#shared/protocol/jobRequest.ts'
import { digestText, joinParts } from '#shared/protocol/privateParts.ts'
import { parsePrivateResult, writePrivateResult } from '#shared/protocol/privateResult.ts'
import { parseReceipt } from '#shared/protocol/receipt.ts'
import vectors from '#shared/protocol/vectors/souk1.json' with { type: 'json' }
import { createCipher } from './nostr/cipher.ts'
import { loadNostrCrypto } from './nostr/crypto.ts'
import { deriveJobKey } from './nostr/jobKey.ts'

const crypto = await loadNostrCrypto()
const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'))
const secrets: Readonly<Record<string, Uint8Array>> = { customer: bytes(vectors.customerSecret), provider: bytes(vectors.providerSecret) }
const secretOf = (side: string) => secrets[side] ?? new Uint8Array()
const pubkeyOf = (side: string) => crypto.publicKey(secretOf(side))
const named = (name: string) => {
  const message = vectors.messages.find((each) => each.name === name)
  if (message === undefined) throw new Error(`no ${name}`)
  return message
}
const frames = vectors.messages.filter(({ event }) => event.kind === 25_050)

describe('the vectors', () => {
  it('name a key that is derived for its job', () => {
    expect(Buffer.from(deriveJobKey(bytes(vectors.identitySecret), bytes(vectors.jobNonce))).toString('hex')).toBe(vectors.customerSecret)
  })

  it.each(vectors.messages.map((message) => [message.name, message] as const))('%s: its event holds, opens to its text, and is made from it', (_, { from, nonce, plaintext, event }) => {
    const to = from === 'customer' ? 'provider' : 'customer'
    expect([crypto.verify(event), event.pubkey]).toEqual([true, pubkeyOf(from)])
    expect(createCipher(secretOf(to), { bytes: () => new Uint8Array(32) }).decrypt(event.pubkey, event.content)).toEqual({ ok: true, value: plaintext })
    expect(createCipher(secretOf(from), { bytes: () => bytes(nonce) }).encrypt(pubkeyOf(to), plaintext)).toEqual({ ok: true, value: event.content })
  })

  it('are a request, an invoice and frames that are read as they are meant', () => {
    const [request, invoice] = [named('request'), named('invoice')]
    expect(isEncrypted(request.event)).toBe(true)
    expect(parseJobRequest(openEnvelope(request.event, request.plaintext))).toMatchObject({ stream: 'souk/1', inputs: [{ value: 'What is 2+2?' }], model: 'souk-toy', maxTokens: 64, bidMsat: 10_000, refusal: null })
    expect(parseFeedback(openEnvelope(invoice.event, invoice.plaintext))).toMatchObject({ value: { status: 'payment-required', amountMsat: 10_000, requestId: request.event.id } })
    for (const { event, plaintext } of frames) {
      const frame = parseFrame(plaintext)
      expect(frame.ok && writeFrame(frame.value)).toBe(plaintext)
      expect(frameAddress(event)).not.toBeNull()
    }
  })

  it('are a result, whole and in parts, with a receipt that the provider signed', () => {
    const [whole, inParts] = [named('result'), named('result in parts')].map(({ plaintext }) => parsePrivateResult(plaintext))
    if (whole?.ok !== true || inParts?.ok !== true || !('parts' in inParts.value) || whole.value.receipt === null) throw new Error('not read')
    expect(writePrivateResult(whole.value)).toBe(named('result').plaintext)
    expect(whole.value).toMatchObject({ text: vectors.answer, sha256: digestText(vectors.answer) })
    expect([crypto.verify(whole.value.receipt), parseReceipt(whole.value.receipt)]).toMatchObject([true, { value: { sha256: vectors.sha256, model: 'souk-toy' } }])
    const slices = inParts.value.parts.map((id) => vectors.messages.find(({ event }) => event.id === id)?.plaintext ?? '')
    expect(joinParts(slices, vectors.sha256)).toEqual({ ok: true, value: vectors.answer })
  })
})
