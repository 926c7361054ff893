import type { DialectName } from '#shared/market/dialect.ts'
import type { Offer } from '#shared/market/offer.ts'
import { fail, ok, type Result } from '#shared/market/result.ts'
import type { PurchaseDialect } from './dialect.ts'

/** How to ask that seller: the first of ours, which are the best first, that its offer speaks; or the one that is wanted. */
export function chooseDialect(offer: Offer, dialects: readonly PurchaseDialect[], wanted?: DialectName): Result<PurchaseDialect> {
  const spoken = offer.dialects
  const dialect = dialects.find(({ name }) => spoken.includes(name) && (wanted === undefined || name === wanted))
  if (dialect !== undefined) return ok(dialect)
  return fail('no-dialect', wanted === undefined ? 'This seller speaks no dialect that Souk knows.' : `This seller does not take ${wanted} requests. It takes: ${spoken.join(', ') || 'none that Souk knows'}.`)
}
