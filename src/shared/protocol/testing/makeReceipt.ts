/** Receipts of one job, signed by both of its sides. */
import { msat } from '#shared/market/msat.ts'
import { loadNostrCrypto } from '#engine/nostr/crypto.ts'
import type { Signer } from '#engine/nostr/signer.ts'
import type { NostrEvent } from '../event.ts'
import { digestTranscript, jobReceiptTemplate, type JobReceipt } from '../jobReceipt.ts'
import { digestText } from '../privateParts.ts'

const crypto = await loadNostrCrypto()
const signerOf = (byte: number) => crypto.createSigner(new Uint8Array(32).fill(byte), true)

export const { verify } = crypto
export const seller: Signer = signerOf(1)
export const customer: Signer = signerOf(2)
export const stranger: Signer = signerOf(3)
export const PROMPT = 'What is 2+2?'
export const ANSWER = 'Four. 🛒'
/** Secrets of payments, and their hashes. */
export const PREIMAGES = ['11'.repeat(32), '22'.repeat(32)] as const
export const HASHES = ['02d449a31fbb267c8f352e9968a79e3e5fc95c1bbeaa502fd6454ebde5a4bedc', '9f72ea0cf49536e3c66c787f705186df9a4378083753ae9536d65b3ad7fcddc4'] as const
export const ENDED_AT = 1_767_606_060

export function makeReceipt(change: Partial<JobReceipt> = {}): JobReceipt {
  return {
    role: 'provider', requestId: 'ab'.repeat(32), customer: customer.pubkey, provider: seller.pubkey, settlement: 'prepay', outcome: 'done', model: 'llama3.2:3b',
    modelDigest: `sha256:${'5'.repeat(64)}`, usage: { promptTokens: 12, outputTokens: 34, durationMs: 5_600 }, payments: [{ paymentHash: HASHES[0], amountMsat: msat(10_000), fate: 'paid' }],
    answerSha256: digestText(ANSWER), transcriptSha256: digestTranscript(PROMPT, ANSWER), askedAt: ENDED_AT - 60, paidAt: ENDED_AT - 50, deliveredAt: ENDED_AT - 1, ...change,
  }
}

/** Signed by the side in whose name it speaks, unless another is named. */
export function signReceipt(change: Partial<JobReceipt> = {}, by?: Signer): NostrEvent {
  const receipt = makeReceipt(change)
  return (by ?? (receipt.role === 'provider' ? seller : customer)).sign(jobReceiptTemplate(receipt, ENDED_AT))
}
