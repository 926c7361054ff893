/** Wallets and what they can do, in words. */
import type { WalletName } from '#shared/ipc/walletChoice.ts'
import { formatSats } from '#shared/market/msat.ts'
import type { Network } from '#shared/market/network.ts'
import type { Snapshot } from '#renderer/state/client.ts'

export type WalletNeeds = Snapshot<'walletChoice.status'>['needs']
export type Abilities = NonNullable<Snapshot<'walletChoice.status'>['abilities']>

export function nameOfWallet(wallet: WalletName): string {
  switch (wallet.kind) {
    case 'sandbox':
      return 'the sandbox, with play money'
    case 'nwc':
      return `a wallet over Nostr Wallet Connect, on ${wallet.network}`
    case 'spark':
      return `Spark, on ${wallet.network}`
  }
}

/** What stands before a wallet: by its network, as the engine holds to it. */
export function needsOf(wallet: { readonly kind: 'nwc' | 'spark'; readonly network: Network }): (keyof WalletNeeds | 'apiKey')[] {
  if (wallet.network === 'regtest') return []
  if (wallet.network !== 'mainnet') return ['protected', 'backedUp']
  return ['protected', 'backedUp', 'limitsSet', ...(wallet.kind === 'spark' ? (['apiKey'] as const) : [])]
}

export function holdText(holdInvoices: boolean): string {
  return holdInvoices ? 'It makes hold invoices: you can sell by escrow and sealed.' : 'It makes no hold invoices, which selling by escrow and sealed needs. Prepaid and metered jobs work, and buying works in every way.'
}

/** "1,200 of 5,000 sats used" */
export function budgetText({ totalMsat, usedMsat }: NonNullable<Abilities['budget']>): string {
  return `${formatSats(usedMsat)} of ${formatSats(totalMsat)} sats used`
}

/** "begins anew on 3 Feb 2026" */
export function renewalText(renewsAt: number | undefined): string {
  return renewsAt === undefined ? 'It does not renew.' : `It begins anew on ${new Date(renewsAt).toLocaleDateString(undefined, { year: 'numeric', month: 'short', day: 'numeric' })}.`
}
