/** The market as the pages see it: each offer with one's own history of its seller. Only what changed is described again. */
import type { OfferRow } from '#shared/ipc/customer.ts'
import { ZERO_MSAT } from '#shared/market/msat.ts'
import type { Network } from '#shared/market/network.ts'
import { createKeyedSignal, type KeyedSignal } from '../keyedSignal.ts'
import type { PeerHistory } from '../store/journal.ts'
import type { SeenOffer } from './offerBook.ts'
import { whyUnavailable } from './selection.ts'

export interface OfferRowsOptions {
  readonly offers: KeyedSignal<SeenOffer>
  readonly network: Network
  /** The sandbox's own seller, marked as such. */
  readonly housePubkey: () => string | null
  /** Of every peer at the start; of one after a job with it has ended. */
  readonly history: { all(): ReadonlyMap<string, PeerHistory>; of(peer: string): PeerHistory | null }
}

export interface OfferRows {
  readonly rows: KeyedSignal<OfferRow>
  /** A job with that seller has ended: its offers show it. */
  jobEnded(peer: string): void
  /** Of the jobs with that peer that have ended; null when there are none. */
  historyOf(peer: string): PeerHistory | null
  close(): void
}

export function createOfferRows({ offers, network, housePubkey, history }: OfferRowsOptions): OfferRows {
  const rows = createKeyedSignal<OfferRow>()
  const past = new Map(history.all())
  let house = housePubkey()

  function show(keys: Iterable<string>): void {
    const market = offers.get()
    rows.apply(
      [...keys].map((key) => {
        const offer = market.get(key)
        return [key, offer ? describeOffer(offer) : null]
      }),
    )
  }

  function describeOffer(offer: SeenOffer): OfferRow {
    const known = past.get(offer.pubkey)
    const unavailable = offer.own ? 'This is your own offer.' : whyUnavailable(offer, network)
    const otherPrices = offer.prices.filter(({ unit, model }) => unit !== 'per-request' || model !== null)
    return {
      key: offer.key,
      pubkey: offer.pubkey,
      name: offer.name,
      about: offer.about,
      models: [...offer.models],
      ...(offer.pricePerRequestMsat === null ? {} : { priceMsat: offer.pricePerRequestMsat }),
      ...(otherPrices.length === 0 ? {} : { prices: otherPrices.map(({ unit, msat, model }) => ({ unit, msat, ...(model === null ? {} : { model }) })) }),
      ...(offer.network === null ? {} : { network: offer.network }),
      ...(offer.channelId === null ? {} : { channelId: offer.channelId }),
      dialects: [...offer.dialects],
      ...(offer.settlements === undefined ? {} : { settlements: [...offer.settlements] }),
      relays: [...offer.seenOn],
      announcedAt: offer.announcedAt * 1_000,
      lastSeenAt: offer.lastSeenAt * 1_000,
      ...(offer.unanswered ? { unanswered: true } : {}),
      ...(offer.expiresAt === null ? {} : { expiresAt: offer.expiresAt * 1_000 }),
      source: offer.source,
      sellerOffers: offer.sellerOffers,
      own: offer.own,
      house: offer.pubkey === house,
      ...(unavailable === null ? {} : { unavailable }),
      history: {
        done: known?.done ?? 0,
        failed: known?.failed ?? 0,
        spentMsat: known?.movedMsat ?? ZERO_MSAT,
        ...(known?.tokensPerSecond == null ? {} : { tokensPerSecond: known.tokensPerSecond }),
      },
    }
  }

  const forget = offers.subscribe((changed) => {
    const before = house
    house = housePubkey()
    show(house === before ? changed : offers.get().keys())
  })
  show(offers.get().keys())

  return {
    rows,
    jobEnded(peer) {
      const known = history.of(peer)
      if (known === null) past.delete(peer)
      else past.set(peer, known)
      show([...offers.get().values()].flatMap(({ pubkey, key }) => (pubkey === peer ? [key] : [])))
    },
    historyOf: (peer) => past.get(peer) ?? null,
    close: forget,
  }
}
