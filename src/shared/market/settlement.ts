/** How a job is settled (PROTOCOL.md §6): who locks what, who trusts whom with how much. */

export const SETTLEMENTS = ['prepay', 'escrow', 'sealed', 'metered'] as const
export type Settlement = (typeof SETTLEMENTS)[number]

/** Beyond the time that a job may take, a lock has to last this long: the answer is read, released and claimed in it (PROTOCOL.md §6). */
export const LOCK_MARGIN_SECS = 180
/** What a second-long difference of clocks and a slow wallet may cost. Who locks for a job locks for so long beyond what is asked. */
export const LOCK_SLACK_SECS = 120

/** What a request asks for. How it travels is the dialect's. */
export type SettlementWish =
  | { readonly name: 'prepay' }
  /** `paymentHash`: of the customer's secret, hex; the money is locked by a hold invoice on it. Null: locked at the seller's address, and the hash is told with the lock. */
  | { readonly name: 'escrow'; readonly paymentHash: string | null }
  | { readonly name: 'sealed' }
  /** `tickTokens`: the longest tick that the customer takes; left out: as the seller has it. */
  | { readonly name: 'metered'; readonly tickTokens?: number }
