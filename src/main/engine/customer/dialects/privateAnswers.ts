/** The results of one job, as its customer reads and checks them (PROTOCOL.md §5). */
import { decodeInvoice } from '#shared/protocol/bolt11.ts'
import { isEncrypted } from '#shared/protocol/envelope.ts'
import type { NostrEvent } from '#shared/protocol/event.ts'
import { parseJobResult } from '#shared/protocol/jobResult.ts'
import { digestText } from '#shared/protocol/privateParts.ts'
import { parsePrivateResult, type PrivateResult } from '#shared/protocol/privateResult.ts'
import { findReceiptFault, parseReceipt } from '#shared/protocol/receipt.ts'
import { parseSealedBody, parseSealedResult, type SealedBody, type SealedResult } from '#shared/protocol/sealedResult.ts'
import type { NostrCrypto } from '../../nostr/crypto.ts'
import type { JobIdentity } from '../../nostr/jobIdentity.ts'
import type { CollectText } from '../../nostr/privateTexts.ts'
import { pause } from '../../pause.ts'
import type { Clock, Log } from '../../ports.ts'
import type { PurchaseInbox } from '../dialect.ts'
import { invoicesOf, type BegunPurchase } from '../purchase.ts'
import { openText } from './jobMessages.ts'

export interface PrivateAnswersOptions {
  readonly purchase: BegunPurchase
  /** Hex public key that alone is heard. */
  readonly provider: string
  readonly identity: JobIdentity
  /** Where parts are looked for; the read relays when absent. */
  readonly relays: readonly string[] | undefined
  readonly collect: CollectText
  readonly clock: Clock
  readonly crypto: Pick<NostrCrypto, 'verify'>
  readonly log: Log
  readonly inbox: PurchaseInbox
}

type ReceiptPayment = Parameters<typeof findReceiptFault>[1]['payments'][number]

export interface PrivateAnswers {
  /** The inbox, for everything but results: what invoices pass here may be named by a receipt. */
  readonly inbox: PurchaseInbox
  /** A verified kind 6050 of the provider. */
  take(event: NostrEvent): void
  close(): void
}

/** Parts that no relay has yet are looked for again after this, so often: a relay may be away. */
const LOOK_AGAIN_MS = 30_000
const MAX_LOOKS = 20
const MAX_INVOICES = 20
/** Results in parts that are looked for at the same time: one provider has one to give. */
const MAX_COLLECTING = 2

export function createPrivateAnswers({ purchase, provider, identity, relays, collect, clock, crypto, log, inbox }: PrivateAnswersOptions): PrivateAnswers {
  const { jobId } = purchase.request
  const requestId = purchase.request.event.id
  const closing = new AbortController()
  const invoices = new Set<string>(invoicesOf(purchase))
  let collecting = 0

  const ignore = (reason: string) => log('warn', 'a result was not taken', { jobId, reason })

  /** What may have been paid: of several invoices the purchase took one. */
  function payments(): readonly ReceiptPayment[] {
    return [...invoices].flatMap((bolt11) => {
      const decoded = decodeInvoice(bolt11)
      return decoded.ok && decoded.value.amountMsat !== null ? [{ paymentHash: decoded.value.paymentHash, amountMsat: decoded.value.amountMsat }] : []
    })
  }

  /** The receipt if it is one, by the provider, for this answer and its payment. */
  function checked(receipt: NostrEvent | null, sha256: string): NostrEvent | null {
    if (receipt === null) return null
    const said = parseReceipt(receipt)
    const job = { requestId, customer: identity.signer.pubkey, sha256, payments: payments() }
    const isSigned = receipt.pubkey === provider && crypto.verify(receipt)
    const fault = !isSigned ? 'The provider did not sign it.' : said.ok ? findReceiptFault(said.value, job) : said.error.message
    if (fault === null) return receipt
    log('warn', 'a receipt was not taken', { jobId, reason: fault })
    return null
  }

  /** The answer in parts; null when they are not to be had. */
  async function collectText(ids: readonly string[], sha256: string): Promise<string | null> {
    if (collecting >= MAX_COLLECTING) return null
    collecting += 1
    try {
      for (let look = 0; look < MAX_LOOKS && !closing.signal.aborted; look++) {
        const text = await collect({ ids, sha256, author: provider, ...(relays === undefined ? {} : { relays }) }, closing.signal)
        if (text.ok) return text.value
        if (closing.signal.aborted) return null
        ignore(text.error.message)
        if (text.error.code !== 'parts-missing') return null
        await pause(clock, LOOK_AGAIN_MS, closing.signal)
      }
      return null
    } finally {
      collecting -= 1
    }
  }

  function give(event: NostrEvent, text: string, { sha256, usage, receipt }: PrivateResult): void {
    if (digestText(text) === sha256) inbox.onResult(provider, event, { text, usage, receipt: checked(receipt, sha256), isOpen: !isEncrypted(event) })
    else ignore('The answer is not what its digest says.')
  }

  function giveSealed(event: NostrEvent, { preview, ciphertext }: SealedBody, { commitment, sealedBytes, paymentHash, amountMsat }: SealedResult): void {
    // In the clear there is no seal, and its seller may say later that it was another.
    if (!isEncrypted(event)) return ignore('A sealed answer came unencrypted.')
    inbox.onSealed(provider, event, { preview, ciphertext, commitment, sealedBytes, paymentHash, amountMsat })
  }

  async function takeSealed(event: NostrEvent, result: SealedResult): Promise<void> {
    const { body } = result
    if (!('ids' in body)) return giveSealed(event, body, result)
    const text = await collectText(body.ids, body.sha256)
    if (text === null || closing.signal.aborted) return
    const parsed = parseSealedBody(text)
    if (parsed.ok) giveSealed(event, parsed.value, result)
    else ignore(parsed.error.message)
  }

  /** What a result holds; null when it cannot be read, and is logged. */
  function read(event: NostrEvent): string | null {
    if (!isEncrypted(event)) {
      log('warn', 'a seller answered a private request in the clear', { jobId, seller: provider, kind: event.kind })
      return event.content
    }
    const text = openText(event, identity.cipher)
    if (text.ok) return text.value
    ignore(text.error.message)
    return null
  }

  return {
    inbox: {
      ...inbox,
      onInvoice(from, event, bolt11, index, step) {
        if (invoices.size < MAX_INVOICES) invoices.add(bolt11)
        inbox.onInvoice(from, event, bolt11, index, step)
      },
    },
    take(event) {
      const named = parseJobResult(event)
      if (!named.ok || named.value.requestId !== requestId) return
      const plaintext = read(event)
      if (plaintext === null) return
      const underSeal = parseSealedResult(plaintext)
      if (underSeal.ok) return void takeSealed(event, underSeal.value)
      if (underSeal.error.code !== 'not-sealed') return ignore(underSeal.error.message)
      const result = parsePrivateResult(plaintext)
      if (result.ok && 'text' in result.value) {
        give(event, result.value.text, result.value)
      } else if (result.ok) {
        const { value } = result
        void collectText('parts' in value ? value.parts : [], value.sha256).then((text) => {
          if (text !== null && !closing.signal.aborted) give(event, text, value)
        })
      } else if (result.error.code === 'not-souk') {
        // A provider that does not know this dialect, answering in NIP-90.
        inbox.onResult(provider, event, { text: plaintext, usage: null, receipt: null, isOpen: !isEncrypted(event) })
      } else {
        ignore(result.error.message)
      }
    },
    close: () => closing.abort(),
  }
}
