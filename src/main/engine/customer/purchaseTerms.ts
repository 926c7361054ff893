/** On what terms a job can be bought of a seller, in which ways it can be settled, and what is agreed to by asking. */
import { bytesToHex } from '@noble/hashes/utils.js'
import type { Limits } from '#shared/ipc/settings.ts'
import type { DialectName } from '#shared/market/dialect.ts'
import { ZERO_MSAT, type Msat } from '#shared/market/msat.ts'
import { LOCK_MARGIN_SECS, LOCK_SLACK_SECS, type Settlement, type SettlementWish } from '#shared/market/settlement.ts'
import { mostPromptTokens, tariffOf, USUAL_TICK_TOKENS } from '#shared/market/tariff.ts'
import { hashOf } from '#shared/protocol/preimage.ts'
import type { Random } from '../ports.ts'
import type { WalletLocks } from '../wallet/wallet.ts'
import type { SoughtOffer, Target } from './chooseTarget.ts'
import { settlementsBought, type PurchaseAgreement } from './purchase.ts'

export interface PurchaseTermsOptions {
  readonly random: Random
  /** Whether our wallet can pay what is held, and lock at an address, as far as is known now. */
  readonly walletLocks: () => WalletLocks
  readonly limits: () => Limits
}

export interface PurchaseTerms {
  /** In which seller, dialect and both wallets can settle it; an open request is paid ahead. */
  readonly settlementsFor: (target: Pick<Target, 'offer' | 'dialect' | 'priceMsat'>) => readonly Settlement[]
  /** What is agreed to by asking, and how the request says it; `secret` is to be kept in the transaction that stores the question. */
  agreeTo(settlement: Settlement, offer: SoughtOffer | null, dialect: DialectName, promptBytes: number, release: 'auto' | 'ask'): { readonly wish: SettlementWish; readonly agreed: PurchaseAgreement; readonly secret: string | null }
}

/** What sellers take for a job if they say nothing else: a lock lasts longer. */
const LEAST_JOB_SECS = 600

export function createPurchaseTerms(options: PurchaseTermsOptions): PurchaseTerms {
  function settlementsFor({ offer, dialect, priceMsat }: Pick<Target, 'offer' | 'dialect' | 'priceMsat'>): readonly Settlement[] {
    const listed = offer?.settlements ?? ['prepay']
    // Where its wallet can be locked money at, and ours can lock, a seller need not say more.
    const offered = addressOf(offer, dialect.name) === null || listed.includes('escrow') ? listed : [...listed, 'escrow' as const]
    const isPriced = (settlement: Settlement) => {
      // A deposit is a part of the price: one that leaves nothing to open would be paid for nothing.
      if (settlement === 'sealed') return depositOf(offer) < priceMsat
      return settlement !== 'metered' || (offer !== null && tariffOf(offer.prices) !== null)
    }
    return settlementsBought().filter((settlement) => offered.includes(settlement) && dialect.settlements.includes(settlement) && isPriced(settlement))
  }

  /** Where money is locked for that seller's wallet by ours, as a channel alone tells it; null where it is not. */
  function addressOf(offer: SoughtOffer | null, dialect: DialectName): string | null {
    const isPossible = dialect === 'channel' && options.walletLocks().lockAddress !== null
    return isPossible && offer !== null && offer.sparkAddress !== '' ? offer.sparkAddress : null
  }

  function agreeTo(settlement: Settlement, offer: SoughtOffer | null, dialect: DialectName, promptBytes: number, release: 'auto' | 'ask'): { readonly wish: SettlementWish; readonly agreed: PurchaseAgreement; readonly secret: string | null } {
    const lockedSecs = Math.max(options.limits().answerTimeoutSecs, LEAST_JOB_SECS) + LOCK_MARGIN_SECS + LOCK_SLACK_SECS
    switch (settlement) {
      case 'prepay':
        return { wish: { name: 'prepay' }, agreed: { name: 'prepay' }, secret: null }
      case 'escrow': {
        const secret = bytesToHex(options.random.bytes(32))
        const paymentHash = hashOf(secret)
        const agreed = { name: 'escrow', paymentHash, holdSecs: lockedSecs, address: addressOf(offer, dialect), transferId: uuidFrom(options.random.bytes(16)), release } as const
        return { wish: { name: 'escrow', paymentHash }, agreed, secret }
      }
      case 'sealed':
        return { wish: { name: 'sealed' }, agreed: { name: 'sealed', depositMsat: depositOf(offer), release }, secret: null }
      case 'metered': {
        const tariff = offer === null ? null : tariffOf(offer.prices)
        if (tariff === null) throw new RangeError('metered without prices for tokens')
        const tickTokens = USUAL_TICK_TOKENS
        return { wish: { name: 'metered', tickTokens }, agreed: { name: 'metered', ...tariff, promptTokens: mostPromptTokens(promptBytes), tickTokens }, secret: null }
      }
    }
  }

  return { settlementsFor, agreeTo }
}

/** Of a sealed job, what the offer says is paid before the work. */
export function depositOf(offer: SoughtOffer | null): Msat {
  return offer?.depositMsat ?? ZERO_MSAT
}

/** A random UUID (RFC 9562, version 4) of 16 bytes. */
function uuidFrom(bytes: Uint8Array): string {
  const hex = bytesToHex(bytes)
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 3) | 8).toString(16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`
}
