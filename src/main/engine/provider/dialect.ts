/** The port of a dialect on the seller's side: how a sale's messages travel. One adapter per dialect; a sale knows none. */
import type { DialectName, Json, Privacy } from '#shared/market/dialect.ts'
import type { Msat } from '#shared/market/msat.ts'
import type { Sampling } from '#shared/market/sampling.ts'
import type { Settlement, SettlementWish } from '#shared/market/settlement.ts'
import type { NostrEvent } from '#shared/protocol/event.ts'
import type { Delivery } from '../delivery.ts'
import type { Usage } from '../inference/backend.ts'
import type { Subscription } from '../nostr/relayPool.ts'
import type { BegunSale } from './sale.ts'
import type { SaleOutgoing } from './settlement/mode.ts'

/** A request as it was read: parsed, bounded, its author verified; still only a wish. */
export interface IncomingRequest {
  readonly dialect: DialectName
  readonly privacy: Privacy
  /** Id of the event that asked. */
  readonly requestId: string
  readonly jobId: string
  /** Hex public key that asked, and that alone is heard about the job. */
  readonly customer: string
  /** It names no seller: whoever does not want it says nothing. */
  readonly open: boolean
  /** What the adapter needs to answer; stored with the sale, read by the adapter alone. */
  readonly route: Json
  readonly kind: number
  readonly prompt: string
  /** Null: as many as the seller allows. */
  readonly maxTokens: number | null
  /** Null: the seller's default. */
  readonly model: string | null
  readonly sampling: Sampling
  /** The most that the customer would pay; null when it does not say. */
  readonly bidMsat: Msat | null
  readonly settlement: SettlementWish
  /** Why the adapter itself cannot take it, for the customer; null when it can. */
  readonly refusal: string | null
}

/** A request whose prompt is still to be fetched. */
export type UnreadRequest = Omit<IncomingRequest, 'prompt' | 'refusal'>

/** Who listens. Claims and cancellations come with who made them: only the sale's own customer is believed. */
export interface SaleInbox {
  /** Asked before anything is fetched for a request: why it would not be taken whatever its prompt says, for the customer; null when it may be. */
  mayTake(request: UnreadRequest): string | null
  onRequest(request: IncomingRequest): void
  /** Whether that key asked for that job: what it says of it is heard before what strangers say. */
  isCustomer(requestId: string, from: string): boolean
  onPaymentClaim(jobId: string, from: string, eventId: string): void
  onCancel(requestId: string, from: string, eventId: string): void
  /** HtlcLocked: a claim of where a lock is to be found. */
  onLockClaim(jobId: string, from: string, eventId: string, claim: LockClaim): void
  /** It wants what is owed for a job on that invoice. */
  onRefundWish?(jobId: string, from: string, eventId: string, bolt11: string): void
  /** What it signed of a job at its end: as it came, and to be checked. `createdAt`: of the event, in Unix seconds. */
  onReceipt?(jobId: string, from: string, receipt: NostrEvent, createdAt: number): void
  /** The secret that opens what is locked for a job. */
  onRelease(jobId: string, from: string, eventId: string, preimage: string): void
}

export interface LockClaim {
  readonly paymentHash: string
  readonly amountMsat: Msat
  readonly expirySecs: number
}

/** The answer on its way while it is made. Best effort: the result carries everything. */
export interface SaleStream {
  add(text: string): void
  /** So many UTF-8 bytes have been made so far that are kept under seal. */
  veil?(bytes: number): void
  /** Everything was added; with what it took, as far as that is known. */
  end(usage: Usage | null): void
  /** Ends it where it is; after `end` it does nothing. */
  close(): void
}

export interface SaleDialect {
  readonly name: DialectName
  /** UTF-8 bytes of JSON-escaped text that one result may have: a longer answer ends there. */
  readonly maxResultBytes: number
  /** Listens for requests, and for what customers say of their jobs, from five minutes back. */
  listen(inbox: SaleInbox): Subscription
  /** In which a job of this dialect can be settled. */
  readonly settlements: readonly Settlement[]
  /** Publishes what a sale has to say now; null when no relay took it. The same state gives the same event. */
  send(outgoing: SaleOutgoing, sale: BegunSale): Promise<Delivery | null>
  /** Hands over to the sale's customer what was signed of the job at its end; null when no relay took it. */
  sendReceipt?(receipt: NostrEvent, sale: BegunSale): Promise<Delivery | null>
  /** Work has begun: tells the customer, and streams what is made. `streams` false: only tells. */
  openStream(sale: BegunSale, streams: boolean): SaleStream
}
