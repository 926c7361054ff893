import type { Msat } from '#shared/market/msat.ts'
import type { OfferPrice } from '#shared/market/offer.ts'

/** What a seller asks for a thousand tokens. */
export interface Tariff {
  readonly inputPer1kMsat: Msat
  readonly outputPer1kMsat: Msat
}

/** As an offer states it whatever the model; null when it states no price for output. Input that has no price is free. */
export function tariffOf(prices: readonly OfferPrice[]): Tariff | null {
  const priceOf = (unit: OfferPrice['unit']) => prices.find((price) => price.unit === unit && price.model === null)?.msat ?? null
  const outputPer1kMsat = priceOf('per-1k-output-tokens')
  return outputPer1kMsat === null ? null : { inputPer1kMsat: priceOf('per-1k-input-tokens') ?? (0 as Msat), outputPer1kMsat }
}
