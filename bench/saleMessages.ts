/** What a sale is told from the request to the end, in each settlement mode, when nothing goes wrong. */
import type { SaleAgreement, SaleMessage, SaleRequest } from '#engine/provider/sale.ts'
import { sealAnswer } from '#engine/sealing/seal.ts'
import { hashOf } from '#shared/protocol/preimage.ts'
import { msat, sats } from '#shared/market/msat.ts'
import type { Settlement } from '#shared/market/settlement.ts'

const PRICE = msat(10_000)
const HOLD_SECS = 780
const TICK_TOKENS = 300
const PREVIEW_PERMILLE = 300

/** `number`: no two jobs with the same one. */
export function saleMessages(settlement: Settlement, number: number): { readonly jobId: string; readonly messages: readonly SaleMessage[] } {
  const requestId = number.toString(16).padStart(16, '0').repeat(4)
  const jobId = `job_${requestId.slice(0, 16)}`
  const at = Date.now()
  const paymentHash = hashOf(requestId)
  const agreements: Readonly<Record<Settlement, SaleAgreement>> = {
    prepay: { name: 'prepay' },
    escrow: { name: 'escrow', paymentHash, hold: true, holdSecs: HOLD_SECS },
    sealed: { name: 'sealed', paymentHash, previewPermille: PREVIEW_PERMILLE, depositMsat: msat(0), holdSecs: HOLD_SECS },
    metered: { name: 'metered', inputPer1kMsat: sats(1), outputPer1kMsat: sats(20), tickTokens: TICK_TOKENS, graceSecs: 60 },
  }
  const request: SaleRequest = { jobId, requestId, customer: 'c'.repeat(64), dialect: 'souk/1', privacy: 'private', route: {}, sampling: {}, prompt: 'What is 2+2? '.repeat(8), model: 'souk-toy', maxTokens: 100, priceMsat: PRICE, settlement: agreements[settlement] }
  const invoice = { bolt11: `lnbcrt100n1${'q'.repeat(250)}`, paymentHash, amountMsat: PRICE, network: 'regtest' as const, createdAt: Math.floor(at / 1_000), expiresAt: Math.floor(at / 1_000) + 600, description: `Souk ${jobId}` }
  const delivery = { eventId: requestId, raw: 'x'.repeat(700), verdicts: [{ relay: 'ws://127.0.0.1:7777', verdict: 'accepted' as const, message: '' }] }
  const text = 'Four. '.repeat(50)

  const requested: SaleMessage = { at, type: 'requested', request, refusal: null }
  const asked: readonly SaleMessage[] = [{ at, type: 'invoiceMade', index: 0, invoice }, { at, type: 'sent', what: 'invoice', index: 0, delivery }]
  const claimed: SaleMessage = { at, type: 'paymentClaimed', eventId: requestId }
  const locked: SaleMessage = { at, type: 'lockSeen', paymentHash, amountMsat: PRICE, heldUntil: at + 2 * HOLD_SECS * 1_000 }
  const settled: SaleMessage = { at, type: 'paymentSeen', paymentHash, settledMsat: PRICE }
  const made: readonly SaleMessage[] = [{ at, type: 'workBegun', attempt: 1 }, { at, type: 'generated', generated: { text, usage: { promptTokens: 26, outputTokens: 100, durationMs: 3_000 }, stoppedBy: 'end' } }]
  const delivered: SaleMessage = { at, type: 'sent', what: 'result', delivery }
  const ways: Readonly<Record<Settlement, readonly SaleMessage[]>> = {
    prepay: [requested, ...asked, claimed, settled, ...made, delivered],
    escrow: [requested, ...asked, locked, ...made, delivered, { at, type: 'preimageReceived', eventId: requestId, paymentHash }, settled],
    sealed: [requested, ...made, { at, type: 'sealed', ...sealAnswer(text, PREVIEW_PERMILLE, requestId) }, { at, type: 'sent', what: 'sealed', delivery }, ...asked, locked, settled],
    metered: [requested, ...asked, claimed, settled, ...made, delivered],
  }
  return { jobId, messages: ways[settlement] }
}
