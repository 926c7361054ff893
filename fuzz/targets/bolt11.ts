import { bech32 } from '@scure/base'
import { decodeInvoice, encodeInvoice } from '#shared/protocol/bolt11.ts'
import type { Msat } from '#shared/market/msat.ts'
import { VALID_EXAMPLES } from '#shared/protocol/testing/bolt11Examples.ts'
import type { FuzzRandom } from '../random.ts'
import { textTarget, valueOf, type FuzzTarget } from '../target.ts'

const ours = encodeInvoice(
  { network: 'regtest', amountMsat: 21_000 as Msat, paymentHash: 'a'.repeat(64), paymentSecret: 'b'.repeat(64), description: 'fuzz', createdAt: 1_735_364_330, expirySecs: 60 },
  new Uint8Array(32).fill(7),
)
const examples = [ours, ...VALID_EXAMPLES.map(({ text }) => text)]
const asText = textTarget('bolt11.decodeInvoice', examples, decodeInvoice, { rewrite: (output) => valueOf(output)?.bolt11 })

/** Almost every change breaks the checksum, behind which everything else lies: one in 60 gets a new one (a signature costs milliseconds). */
export const targets: readonly FuzzTarget<string>[] = [{ ...asText, generate: (random) => (random.oneIn(60) ? changeWords(random, random.pick(examples)) : asText.generate(random)) }]

function changeWords(random: FuzzRandom, invoice: string): string {
  const decoded = bech32.decodeUnsafe(invoice, false)
  if (decoded === undefined) return invoice
  const words = [...decoded.words]
  for (let count = random.below(4); count >= 0; count -= 1) {
    const at = random.below(words.length)
    const choice = random.below(5)
    if (choice === 0) words.splice(at, random.below(60))
    else if (choice === 1) words.splice(at, 0, ...words.slice(at, at + random.below(120)))
    else words[at] = random.below(32)
  }
  const prefix = random.oneIn(4) ? `lnbc${random.pick(['', '1', '0', '01', '1m', '1n', '10p', '1p', '999999999999999999', '9000000u', 'x', '1mm', '-1'])}` : decoded.prefix
  return bech32.encode(prefix, words, false)
}
