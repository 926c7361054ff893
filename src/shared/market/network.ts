/** Lightning networks. `regtest` is also what the sandbox's play money runs on (its invoices start with `lnbcrt`). */
export const NETWORKS = ['mainnet', 'testnet', 'signet', 'regtest'] as const
export type Network = (typeof NETWORKS)[number]

/** BOLT 11 human-readable prefixes, longest first, so that `lnbcrt` is not read as `lnbc` (PROTOCOL.md §1). */
const INVOICE_PREFIXES: readonly (readonly [string, Network])[] = [
  ['lnbcrt', 'regtest'],
  ['lntbs', 'signet'],
  ['lntb', 'testnet'],
  ['lnbc', 'mainnet'],
]

/** The network that a BOLT 11 string claims, by its prefix alone; null when it is not a BOLT 11 prefix. */
export function networkOfInvoice(bolt11: string): Network | null {
  const text = bolt11.toLowerCase()
  return INVOICE_PREFIXES.find(([prefix]) => text.startsWith(prefix))?.[1] ?? null
}

/** The prefix that invoices of a network start with. */
export function invoicePrefix(network: Network): string {
  const found = INVOICE_PREFIXES.find(([, name]) => name === network)
  if (!found) throw new RangeError(`no invoice prefix for ${network}`)
  return found[0]
}
