/** Who holds a sealed result and does not pay (PROTOCOL.md §6): a short answer is not found by trying all of them. */
import { createHash, hkdfSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { sats } from '#shared/market/msat.ts'
import { hashOf } from '#shared/protocol/preimage.ts'
import { writeSealedResult } from '#shared/protocol/sealedResult.ts'
import { sealAnswer } from './seal.ts'

const SECRET = 'ab'.repeat(32)

function resultOf(text: string, secret = SECRET): { readonly wire: string; readonly preview: string; readonly commitment: string } {
  const { preview, ciphertext, commitment, sealedBytes } = sealAnswer(text, 300, secret)
  return { preview, commitment, wire: writeSealedResult({ commitment, sealedBytes, paymentHash: hashOf(secret), amountMsat: sats(1), body: { preview, ciphertext } }) }
}

/** The guess whose SHA-256, alone or after one of these salts, is written in the result: whoever can compute it has read the answer. */
function guess({ wire, preview }: ReturnType<typeof resultOf>, guesses: Iterable<string>, salts: readonly string[]): string | null {
  const written = new Set(wire.match(/[0-9a-f]{64}/g))
  for (const text of guesses) {
    if (!text.startsWith(preview)) continue
    for (const salt of ['', ...salts]) if (written.has(createHash('sha256').update(Buffer.from(salt, 'hex')).update(text).digest('hex'))) return text
  }
  return null
}

function* numbers(digits: number) {
  for (let n = 0; n < 10 ** digits; n++) yield String(n)
}

test.each<[string, () => Iterable<string>]>([
  ['4', () => ['Yes.', 'No.', ...numbers(2)]],
  ['No.', () => ['Yes.', 'No.', 'yes', 'no']],
  ['848361', () => numbers(6)],
])('who does not pay cannot read the sealed answer %s, and who paid finds it', (text, guesses) => {
  const result = resultOf(text)
  expect(guess(result, guesses(), [hashOf(SECRET), result.commitment])).toBe(null)
  // The same search with what the payment reveals: that it finds nothing above is not its own fault.
  const salt = Buffer.from(hkdfSync('sha256', Buffer.from(SECRET, 'hex'), '', 'souk/1 sealed commitment', 32)).toString('hex')
  expect(guess(result, guesses(), [salt])).toBe(text)
})

test('short answers with the same beginning differ in nothing but what the secret makes of them, and no two jobs are alike', () => {
  const shapeOf = (text: string) => resultOf(text).wire.replaceAll(/"(ciphertext|commitment)":"[^"]*"/g, (field, name: string) => `"${name}":${field.length}`)
  for (const text of ['No.', 'Yes', 'no', '7']) expect(shapeOf(text)).toBe(shapeOf('4'))
  const [one, other] = [resultOf('4'), resultOf('4', 'cd'.repeat(32))]
  expect(one.commitment).not.toBe(other.commitment)
})
