/** What is offered now: which models, in which dialects, settled how; and the listing that says so. */
import { dialectNamed, DIALECTS, type DialectName } from '#shared/market/dialect.ts'
import type { SaleTerms } from '#shared/ipc/provider.ts'
import { SETTLEMENTS, type Settlement } from '#shared/market/settlement.ts'
import type { Listing } from '#shared/protocol/nip89.ts'
import type { Wallet, WalletLocks } from '../wallet/wallet.ts'
import { findModel } from './admission.ts'
import { canGiveCredit, depositListed } from './credit.ts'
import type { SaleDialect } from './dialect.ts'
import { settlementsSold } from './sale.ts'

export interface OfferingOptions {
  readonly dialects: readonly SaleDialect[]
  readonly wallet: Pick<Wallet, 'kind' | 'network'>
  /** Whether the wallet can hold money on a hash, and be locked money at an address, as far as is known now. */
  readonly walletLocks: () => WalletLocks
  /** Models that the backend could run now, in its own order. */
  readonly availableModels: () => readonly string[]
  /** Relays named in what is published. */
  readonly publicRelays: () => readonly string[]
  /** As they are now. */
  readonly current: () => { readonly terms: SaleTerms; readonly channelId: string | null }
}

export interface Offering {
  readonly offeredModels: () => readonly string[]
  /** The languages in which a job is taken now, the best first. */
  readonly spokenDialects: () => readonly DialectName[]
  /** How jobs are settled now, in some dialect that is spoken. */
  readonly spokenSettlements: () => readonly Settlement[]
  /** How a job of that dialect can be settled now. */
  readonly settlementsOf: (dialect: DialectName) => readonly Settlement[]
  readonly listing: () => Listing
}

export function createOffering({ dialects, wallet, walletLocks, availableModels, publicRelays, current }: OfferingOptions): Offering {
  function offeredModels(): readonly string[] {
    const chosen = current().terms.models
    const available = availableModels()
    return chosen.length === 0 ? available : chosen.flatMap((model) => findModel(model, available) ?? [])
  }

  /** How a job of that dialect can be settled now. */
  function settlementsOf(name: DialectName): readonly Settlement[] {
    const { holdInvoices, lockAddress } = walletLocks()
    // A lock at an address is announced in a channel alone.
    const canHold = (settlement: Settlement) => (settlement === 'sealed' ? holdInvoices && isInvoiceable() && canGiveCredit(current().terms) : settlement !== 'escrow' || holdInvoices || (name === 'channel' && lockAddress !== null))
    const { settlements } = dialectNamed(dialects, name)
    // What is paid as it comes has to come.
    const canStream = (settlement: Settlement) => settlement !== 'metered' || current().terms.streaming
    return settlementsSold().filter((settlement) => canStream(settlement) && settlements.includes(settlement) && current().terms.settlements.includes(settlement) && canHold(settlement))
  }

  /** Whether the wallet can ask for the price: under seal it does so once the work is done. */
  function isInvoiceable(): boolean {
    return wallet.kind !== 'spark' || current().terms.priceMsat % 1_000 === 0
  }

  function spokenDialects(): readonly DialectName[] {
    const spoken = new Set(dialects.map(({ name }) => name))
    return DIALECTS.filter((name) => spoken.has(name) && (name !== 'channel' || current().channelId !== null))
  }

  function spokenSettlements(): readonly Settlement[] {
    const taken = new Set(spokenDialects().flatMap(settlementsOf))
    return SETTLEMENTS.filter((settlement) => taken.has(settlement))
  }

  function listing(): Listing {
    const { terms, channelId } = current()
    return {
      listingId: 'souk',
      name: terms.name,
      about: terms.about,
      picture: '',
      priceMsat: terms.priceMsat,
      dialects: spokenDialects(),
      settlements: spokenSettlements(),
      ...(spokenSettlements().includes('sealed') ? depositListed(terms) : {}),
      modelPrices: spokenSettlements().includes('metered')
        ? [{ unit: 'per-1k-input-tokens', msat: terms.inputPer1kMsat, model: null }, { unit: 'per-1k-output-tokens', msat: terms.outputPer1kMsat, model: null }]
        : [],
      models: offeredModels(),
      capabilities: ['text-generation'],
      relays: publicRelays(),
      network: wallet.network,
      channelId,
      sparkAddress: walletLocks().lockAddress ?? '',
      intervalSecs: terms.announceEverySecs,
    }
  }

  return { offeredModels, spokenDialects, spokenSettlements, settlementsOf, listing }
}
