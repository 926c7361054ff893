import type { OfferRow } from '#shared/ipc/customer.ts'
import type { RequestInput } from '#renderer/state/client.ts'

export type RetryWish = Omit<RequestInput<'customer.retry'>, 'jobId'>

/** That offer, for no more than it is shown to cost: its seller may have raised the price since. */
export function wishFor({ key, priceMsat }: Pick<OfferRow, 'key' | 'priceMsat'>): RetryWish {
  return { selection: { by: 'offer', key }, ...(priceMsat === undefined ? {} : { maxPriceMsat: priceMsat }) }
}
