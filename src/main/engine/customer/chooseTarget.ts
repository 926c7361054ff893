/** Who is asked, in which dialect, and who can read it then: what a quote says and a question is held to. */
import type { Limits } from '#shared/ipc/settings.ts'
import type { Selection } from '#shared/ipc/customer.ts'
import type { DialectName, Privacy } from '#shared/market/dialect.ts'
import { minMsat, type Msat } from '#shared/market/msat.ts'
import type { Network } from '#shared/market/network.ts'
import type { Settlement } from '#shared/market/settlement.ts'
import { fail, ok, type Result } from '#shared/market/result.ts'
import { chooseDialect } from './chooseDialect.ts'
import type { PurchaseDialect } from './dialect.ts'
import type { SeenOffer } from './offerBook.ts'
import { selectOffer, type BuyableOffer } from './selection.ts'

export type SoughtOffer = SeenOffer & BuyableOffer

/** Of a question, what decides who gets it. */
export interface Wish {
  readonly selection: Selection
  /** Only so; the best that seller and customer both speak when left out. */
  readonly dialect?: DialectName | undefined
  /** In a dialect that `takesEncrypted`, whether to hide it from relays; when left out: when the seller is sure to read it. */
  readonly encrypted?: boolean | undefined
  /** Refuse rather than let anybody but the seller read it. */
  readonly private?: boolean | undefined
  readonly maxPriceMsat?: Msat | undefined
  /** How to settle it; left out: as the settings say. */
  readonly settlement?: Settlement | undefined
}

export interface Target {
  /** Null for an open request: one of those who bid for it gets it. */
  readonly offer: SoughtOffer | null
  readonly dialect: PurchaseDialect
  readonly privacy: Privacy
  /** Whether its draft is to say `encrypted`. */
  readonly encrypted: boolean
  readonly priceMsat: Msat
}

export interface TargetOptions {
  readonly offers: () => Iterable<SeenOffer>
  /** Ours, the best first. */
  readonly dialects: readonly PurchaseDialect[]
  readonly network: Network
  readonly nowSecs: () => number
  readonly ownPubkey: string
  readonly limits: () => Limits
  /** Whether every question is to be private. */
  readonly onlyPrivate: () => boolean
  /** Whether a job of that seller, in that dialect, can be settled so. */
  readonly canSettle: (target: Pick<Target, 'offer' | 'dialect' | 'priceMsat'>, settlement: Settlement) => boolean
}

export function createTargetChooser({ offers, dialects, network, nowSecs, ownPubkey, limits, onlyPrivate, canSettle }: TargetOptions): (wish: Wish) => Result<Target> {
  /** Which of our dialects may be spoken to that seller; null: to whoever reads it. */
  type Allowed = (offer: SeenOffer | null) => readonly PurchaseDialect[]

  function chooseAmong(wish: Wish, allowed: Allowed): Result<Target> {
    if (wish.selection.by === 'open') {
      const dialect = allowed(null).find(({ name, takesOpenRequests }) => takesOpenRequests && (wish.dialect === undefined || name === wish.dialect))
      if (dialect === undefined) return fail('no-dialect', 'An open request cannot be made this way. Choose a seller.')
      return ok({ offer: null, dialect, privacy: dialect.privacy, encrypted: false, priceMsat: minMsat(wish.maxPriceMsat ?? limits().perJobMsat, limits().perJobMsat) })
    }
    // By a rule, only sellers that take that dialect are meant; one that is named says what it takes.
    const { by } = wish.selection
    const isOpenToAll = allowed === anyDialect && (wish.dialect === undefined || by === 'offer' || by === 'pubkey')
    const speaking = isOpenToAll ? offers() : [...offers()].filter((offer) => chooseDialect(offer, allowed(offer), wish.dialect).ok)
    const candidates = by === 'cheapest' || by === 'first' ? settling([...speaking], wish, allowed) : speaking
    // What is paid as it comes has a cap of its own, and the price of a request does not count.
    const maxPriceMsat = wish.settlement === 'metered' ? null : (wish.maxPriceMsat ?? null)
    const offer = selectOffer<SeenOffer>(candidates, wish.selection, { network, maxPriceMsat, nowSecs: nowSecs(), excludePubkeys: [ownPubkey] })
    if (!offer.ok) return offer
    const dialect = chooseDialect(offer.value, allowed(offer.value), wish.dialect)
    if (!dialect.ok) return dialect
    return ok({ offer: offer.value, dialect: dialect.value, privacy: privacyOf(dialect.value, wish, offer.value), encrypted: isHidden(wish, offer.value), priceMsat: offer.value.pricePerRequestMsat })
  }

  /** Of several, those that can be settled as it is wished; all of them where none can, so that it is said of the best. */
  function settling(candidates: readonly SeenOffer[], { settlement, dialect: named }: Wish, allowed: Allowed): readonly SeenOffer[] {
    if (settlement === undefined) return candidates
    const able = candidates.filter((offer) => {
      const dialect = chooseDialect(offer, allowed(offer), named)
      return dialect.ok && isBuyable(offer) && canSettle({ offer, dialect: dialect.value, priceMsat: offer.pricePerRequestMsat }, settlement)
    })
    return able.length > 0 ? able : candidates
  }

  const anyDialect: Allowed = () => dialects

  /** Who wants it hidden is asked in a dialect that can, before one that cannot. */
  function hidingFirst(wish: Wish): Allowed {
    return (offer) => dialects.toSorted((a, b) => Number(privacyOf(b, wish, offer) === 'private') - Number(privacyOf(a, wish, offer) === 'private'))
  }

  return (wish) => {
    if (wish.private !== true && !onlyPrivate()) return chooseAmong(wish, wish.encrypted === true ? hidingFirst(wish) : anyDialect)
    const target = chooseAmong(wish, (offer) => dialects.filter((dialect) => privacyOf(dialect, wish, offer) === 'private'))
    if (target.ok || !chooseAmong(wish, anyDialect).ok) return target
    // Not of the setting, but of what was said before it was sent, or of the job that is asked for again.
    if (!onlyPrivate()) return fail('not-private', 'This can no longer be asked privately. Look at who would answer, and ask again.')
    const { by } = wish.selection
    if (by === 'open') return fail('only-private', 'An open request can be read by anyone, and you ask only privately. Choose a seller, or allow public questions.')
    if (by === 'offer' || by === 'pubkey') return fail('only-private', 'This seller can be asked only in the open, and you ask only privately. Choose another one, or allow public questions.')
    return fail('only-private', 'No seller that fits can be asked privately, and you ask only privately. Wait for one, or allow public questions.')
  }
}

function isBuyable(offer: SeenOffer): offer is SoughtOffer {
  return offer.pricePerRequestMsat !== null
}

/** A seller that speaks souk/1 reads what is encrypted in any dialect; of others nobody can be sure. */
function isHidden({ encrypted }: Wish, offer: SeenOffer): boolean {
  return encrypted ?? offer.dialects.includes('souk/1')
}

function privacyOf(dialect: PurchaseDialect, wish: Wish, offer: SeenOffer | null): Privacy {
  return offer !== null && dialect.takesEncrypted && isHidden(wish, offer) ? 'private' : dialect.privacy
}
