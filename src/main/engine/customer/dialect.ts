/** The port of a dialect on the customer's side: how a purchase's messages travel. One adapter per dialect; a purchase knows none. */
import type { DialectName, Json, Privacy } from '#shared/market/dialect.ts'
import type { Msat } from '#shared/market/msat.ts'
import type { SealedGoods } from '#shared/market/sealedGoods.ts'
import type { Settlement, SettlementWish } from '#shared/market/settlement.ts'
import type { NostrEvent } from '#shared/protocol/event.ts'
import type { Delivery } from '../delivery.ts'
import type { Usage } from '../inference/backend.ts'
import type { Subscription } from '../nostr/relayPool.ts'
import type { StepClaim } from './judgeStep.ts'
import type { BegunPurchase } from './purchase.ts'
import type { PurchaseOutgoing } from './settlement/mode.ts'

export interface RequestDraft {
  /** Hex public key; null asks whoever reads it. */
  readonly provider: string | null
  /** The channel that the offer names, if any. */
  readonly channelId: string | null
  /** Relays that the offer names and on which it was seen: where its seller reads. */
  readonly relays: readonly string[]
  readonly prompt: string
  readonly maxTokens: number
  readonly model: string | null
  /** The most that it may cost. */
  readonly bidMsat: Msat
  /** Hide it from everyone but the provider, in a dialect that `takesEncrypted`. */
  readonly encrypted: boolean
  readonly settlement: SettlementWish
}

export interface DraftedRequest {
  readonly jobId: string
  /** Signed: the same bytes go out again after a restart. */
  readonly event: NostrEvent
  /** What the adapter needs to go on after a restart, no secret among it; stored with the purchase, read by the adapter alone. */
  readonly route: Json
  readonly privacy: Privacy
}

export interface ReceivedAnswer {
  readonly text: string
  /** As the provider counted; null when it does not say. */
  readonly usage: Usage | null
  /** The provider's signed receipt, verified; null when there is none. */
  readonly receipt: NostrEvent | null
  /** True when it came unencrypted: whoever reads the relays has it too. */
  readonly isOpen: boolean
}

/** Everything with who said it: a purchase believes the provider bound to it, and nobody else. */
export interface PurchaseInbox {
  /** `index`: which invoice of the job the provider says it is, from 0; `step`: what of a metered job it says that it is for. */
  onInvoice(from: string, event: NostrEvent, bolt11: string, index?: number, step?: StepClaim): void
  /** An answer under seal, whole: every byte is there, and the provider signed for it. */
  onSealed(from: string, event: NostrEvent, goods: SealedGoods): void
  /** So many UTF-8 bytes of the answer have been made, and kept under seal, by now. */
  onVeiled?(from: string, bytes: number): void
  /**
   * The next piece, in order and once: an adapter that cannot tell leaves it to the result. `frames`: how many of its stream are handed
   * on with this one; an adapter that counts them begins after those that the purchase has, also after a restart.
   */
  onText(from: string, text: string, frames?: number): void
  onResult(from: string, event: NostrEvent, answer: ReceivedAnswer): void
  onRefusal(from: string, event: NostrEvent, reason: string): void
  /** Nothing is wrong: the provider waits, and says what for. */
  onPause?(from: string, event: NostrEvent, reason: string): void
  /** What the relays had stored has been handed over: from here on, what comes is new, in the order in which it is said. */
  onCaughtUp(): void
}

export interface PurchaseDialect {
  readonly name: DialectName
  /** Who can read what is asked in it, unless `makeRequest` says otherwise. */
  readonly privacy: Privacy
  /** UTF-8 bytes of a prompt that one request carries. */
  readonly maxPromptBytes: number
  /** Whether a request without a provider's name can be made. */
  readonly takesOpenRequests: boolean
  /** Whether a request to one provider is private when its draft says `encrypted`, and is not otherwise. */
  readonly takesEncrypted: boolean
  /**
   * Signs the request whose id names the job. The same question within one second could be the same event, and so the
   * same job: it is made again, differently, until `isTaken` says that the job is new.
   */
  makeRequest(draft: RequestDraft, isTaken: (jobId: string) => boolean): DraftedRequest
  /** In which a job of this dialect can be settled. */
  readonly settlements: readonly Settlement[]
  /** Publishes what a purchase has to say now; null when no relay took it. `preimage`: of a `release`. */
  send(outgoing: PurchaseOutgoing, purchase: BegunPurchase, preimage: string | null): Promise<Delivery | null>
  listen(purchase: BegunPurchase, inbox: PurchaseInbox): Subscription
  /** What the job's provider hands over as its receipts, now or before: as it came, and to be checked. */
  hearReceipts?(purchase: BegunPurchase, onReceipt: (receipt: NostrEvent) => void): Subscription
  /** Tells a provider that offered to answer an open request that another was chosen. Best effort. */
  decline(purchase: BegunPurchase, provider: string): void
}
