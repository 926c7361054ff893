/** Who could read the next question: by its quote, and before there is one by what the seller speaks. */
import type { OfferRow, Selection } from '#shared/ipc/customer.ts'
import type { Privacy } from '#shared/market/dialect.ts'
import { bestPrivacy, PRIVACY_WORDS, type PrivacyWords } from '#renderer/ui/privacyText.ts'
import type { Quote } from './quoteAsker.ts'

export interface AskPrivacy {
  readonly privacy: Privacy
  readonly words: PrivacyWords
}

/** A seller without Souk may take what is encrypted, and is not bound to answer so. */
const PRIVATE_QUESTION: PrivacyWords = {
  short: 'Private question',
  long: 'Private question: it is encrypted for this seller, whose program may answer in the open. If it cannot read the question, it gives no answer and nothing is paid.',
}

/** Undefined while nobody is there to ask. */
export function askPrivacy(quote: Quote | undefined, offer: OfferRow | undefined, selection: Selection, encrypted: boolean): AskPrivacy | undefined {
  const asked = quote === undefined ? offer : quote.offer
  const privacy = quote?.privacy ?? expectedPrivacy(asked, selection, encrypted)
  if (privacy === undefined) return undefined
  const isSure = privacy !== 'private' || asked === undefined || asked.dialects.includes('souk/1')
  return { privacy, words: isSure ? PRIVACY_WORDS[privacy] : PRIVATE_QUESTION }
}

function expectedPrivacy(offer: OfferRow | undefined, selection: Selection, encrypted: boolean): Privacy | undefined {
  if (selection.by === 'open') return 'public-relays'
  if (offer === undefined) return undefined
  return encrypted && mayEncrypt(offer) ? 'private' : bestPrivacy(offer.dialects)
}

/** Whether hiding the question from relays is a choice: the seller speaks a dialect that knows encryption, and is not asked so anyway. */
export function mayEncrypt(offer: OfferRow): boolean {
  return offer.dialects.includes('nip90') && !offer.dialects.includes('souk/1')
}
