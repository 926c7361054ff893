/** What the good receipts of one job say together, sentence by sentence: what is proven, what is not, and what contradicts what. */
import { formatSats } from '../market/msat.ts'
import { hashesOf, isTranscriptOf, sumOf, type ReadReceipt, type Transcript } from './receiptReading.ts'

/** `contradicted`: two signatures, or a signature and what was given besides, do not go together. */
export interface ReceiptFinding {
  readonly verdict: 'proven' | 'unproven' | 'contradicted'
  readonly text: string
}

const proven = (text: string): ReceiptFinding => ({ verdict: 'proven', text })
const unproven = (text: string): ReceiptFinding => ({ verdict: 'unproven', text })
const contradicted = (text: string): ReceiptFinding => ({ verdict: 'contradicted', text })

/** `openedHashes`: of the preimages that were given. Every receipt is of the same request. */
export function describeJob(receipts: readonly ReadReceipt[], evidence: { readonly transcript: Transcript | null; readonly openedHashes: readonly string[] }): readonly ReceiptFinding[] {
  return [...receipts.map((receipt) => proven(wordOf(receipt))), ...describeAgreement(receipts), ...describeTranscript(receipts, evidence.transcript), ...describePreimages(receipts, evidence.openedHashes), ...describeClaims(receipts)]
}

/** What its signature binds its signer to. */
function wordOf(receipt: ReadReceipt): string {
  const { role, event, said, answerSha256 } = receipt
  const [paid, returned, refunded] = [sumOf(receipt, 'paid'), sumOf(receipt, 'returned'), sumOf(receipt, 'refunded')]
  const signer = `The ${role === 'provider' ? 'seller' : 'customer'}’s key ${event.pubkey.slice(0, 12)}… signed`
  const money = [
    `${formatSats(paid)} sats paid${receipt.payments.length > 1 ? ` by ${receipt.payments.length} payments` : ''}`,
    ...(returned > 0 ? [`${formatSats(returned)} sats locked and returned`] : []),
    ...(refunded > 0 ? [`${formatSats(refunded)} sats paid back`] : []),
  ].join(', ')
  if (said === null) return `${signer}: the answer ${answerSha256.slice(0, 12)}…, for a payment of ${formatSats(paid)} sats. It is signed as the answer goes out: of an escrow, before anything is paid.`
  const delivered = said.deliveredAt === null ? 'no whole answer delivered' : `the answer ${answerSha256.slice(0, 12)}… delivered`
  return `${signer}: ${said.settlement}, ${money}, ${delivered}, ended as ${said.outcome}.`
}

function describeAgreement(receipts: readonly ReadReceipt[]): readonly ReceiptFinding[] {
  const differences = receipts.flatMap((one, index) => receipts.slice(index + 1).flatMap((other) => findDifferences(one, other)))
  if (differences.length > 0) return [...new Set(differences)].map(contradicted)
  const [seller, customer] = (['provider', 'customer'] as const).map((role) => receipts.some((receipt) => receipt.role === role))
  if (seller === true && customer === true) return [proven('Both sides signed the same job, keys, payments and, where both have all of it, answer.')]
  return [unproven(`What the ${seller === true ? 'customer' : 'seller'} says of it: its receipt is not here.`)]
}

/** Where two signatures contradict each other. Times, models and counts are each signer's own. */
function findDifferences(one: ReadReceipt, other: ReadReceipt): readonly string[] {
  const differences: string[] = []
  const [first, second] = [nameOf(one), nameOf(other)]
  const differ = (what: string) => void differences.push(`${first} and ${second} do not agree on ${what}.`)
  if (one.customer !== other.customer || one.provider !== other.provider) differ('whose job it was')
  if (one.said !== null && other.said !== null) {
    if (one.said.settlement !== other.said.settlement) differ('how it was settled')
    if (listPayments(one.said.payments) !== listPayments(other.said.payments)) differ('the payments')
    const haveBoth = one.said.deliveredAt !== null && other.said.deliveredAt !== null
    if (haveBoth && one.said.transcriptSha256 !== other.said.transcriptSha256) differ('what was asked and answered')
    return differences
  }
  // The first form is written as the answer goes out, and never with one under seal: of the payments it names the one that it was sent for.
  const [early, late] = one.said === null ? [one, other] : [other, one]
  const agreed = late.said?.payments ?? late.payments
  const isNamed = early.payments.every(({ paymentHash, amountMsat }) => agreed.some((payment) => payment.paymentHash === paymentHash && payment.amountMsat === amountMsat))
  if (!isNamed) differ('the payments')
  if ((late.said === null || late.said.deliveredAt !== null) && early.answerSha256 !== late.answerSha256) differ('the answer')
  return differences
}

function nameOf({ role, said }: ReadReceipt): string {
  return said === null ? 'The seller’s receipt with the answer' : `The ${role === 'provider' ? 'seller' : 'customer'}’s receipt`
}

function listPayments(payments: readonly { readonly paymentHash: string; readonly amountMsat: number; readonly fate: string }[]): string {
  return payments.map(({ paymentHash, amountMsat, fate }) => `${paymentHash} ${amountMsat} ${fate}`).toSorted().join('\n')
}

function describeTranscript(receipts: readonly ReadReceipt[], transcript: Transcript | null): readonly ReceiptFinding[] {
  const open = unproven('What was asked and answered: the receipts hold its SHA-256 alone, and the words have to be held against it.')
  if (transcript === null) return [open]
  const named = receipts.filter((receipt) => isTranscriptOf(receipt, transcript))
  if (named.length === 0) return [open]
  const others = receipts.filter((receipt) => !named.includes(receipt) && (receipt.said === null || receipt.said.deliveredAt !== null))
  return [
    ...named.map((receipt) => proven(`${nameOf(receipt)} is of the ${receipt.said === null ? 'answer' : 'prompt and the answer'} in the transcript, word for word.`)),
    ...others.map((receipt) => contradicted(`${nameOf(receipt)} is of other words than the transcript’s.`)),
  ]
}

/** A Lightning payment gives its preimage to who pays, as it settles. */
function describePreimages(receipts: readonly ReadReceipt[], openedHashes: readonly string[]): readonly ReceiptFinding[] {
  const amounts = new Map(receipts.flatMap(({ payments }) => payments.map(({ paymentHash, amountMsat }) => [paymentHash, amountMsat] as const)))
  const known = new Set(receipts.flatMap(hashesOf))
  const opened = openedHashes.filter((hash) => known.has(hash))
  const closed = [...amounts.keys()].filter((hash) => !opened.includes(hash))
  const shown = opened.map((hash) => {
    const amount = amounts.get(hash)
    return proven(`The preimage of payment ${hash.slice(0, 12)}…${amount === undefined ? '' : ` (${formatSats(amount)} sats)`} is known to who gave it: it comes out when that payment settles.`)
  })
  if (closed.length === 0) return shown
  return [...shown, unproven(`That money moved${opened.length > 0 ? `, for ${closed.length} of ${amounts.size} payments` : ''}: a receipt is its signer’s word. The preimage of a payment shows it, and so does a wallet.`)]
}

function describeClaims(receipts: readonly ReadReceipt[]): readonly ReceiptFinding[] {
  const models = new Set(receipts.flatMap(({ said }) => (said === null || said.model === '' ? [] : [said.model])))
  return [
    unproven(`${models.size === 0 ? 'Which model answered' : `That ${[...models].join(' or ')} answered`}, and how many tokens it took: the seller’s count and word.`),
    unproven('When: each time is by its signer’s own clock. Who holds the keys: a customer’s may be of this one job.'),
  ]
}
