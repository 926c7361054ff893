import type { PaymentRow } from '#shared/ipc/wallet.ts'

/** A payment to oneself is two rows of one hash. */
export const keyOf = (row: PaymentRow): string => `${row.direction}/${row.paymentHash}`

/** Rows that were fetched again take the place of what was known of them; newest first, each once. */
export function mergeRows(known: readonly PaymentRow[], fetched: readonly PaymentRow[]): PaymentRow[] {
  const rows = new Map(known.map((row) => [keyOf(row), row]))
  for (const row of fetched) rows.set(keyOf(row), row)
  return [...rows.values()].sort((a, b) => b.createdAt - a.createdAt || (keyOf(a) < keyOf(b) ? 1 : -1))
}

/** A payment's state in a word, from the side of who looks. */
export function stateWord({ state, direction }: PaymentRow): string {
  switch (state) {
    case 'settled':
      return direction === 'incoming' ? 'Received' : 'Sent'
    case 'pending':
      return direction === 'incoming' ? 'Waiting' : 'Under way'
    case 'held':
      return 'Held'
    case 'failed':
      return 'Failed'
    case 'expired':
      return 'Expired'
  }
}
