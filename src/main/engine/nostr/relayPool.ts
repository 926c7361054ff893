/**
 * The relay pool port and its types. Every event that a subscription yields has been verified (id recomputed,
 * signature checked on a fresh object) and deduplicated by its computed id across relays.
 */
import type { EventTemplate, Filter, NostrEvent } from '#shared/protocol/event.ts'
import type { RelayInformation, RelayLimitation } from '#shared/protocol/nip11.ts'
import type { Signal } from '../signal.ts'

export type { EventTemplate, Filter, NostrEvent } from '#shared/protocol/event.ts'

export type OkPrefix =
  | 'duplicate'
  | 'pow'
  | 'blocked'
  | 'rate-limited'
  | 'invalid'
  | 'restricted'
  | 'mute'
  | 'error'
  | 'auth-required'
  | 'none'

/** What one relay said to one event, or what it is known to say and was not asked. `accepted` means taken, never delivered (PROTOCOL.md §1). */
export type RelayVerdict =
  | { readonly relay: string; readonly verdict: 'accepted'; readonly message: string }
  | { readonly relay: string; readonly verdict: 'refused'; readonly prefix: OkPrefix; readonly message: string }
  | { readonly relay: string; readonly verdict: 'timeout' | 'unreachable'; readonly message: string }

export interface PublishReport {
  /** True when at least one relay accepted. */
  readonly accepted: boolean
  readonly verdicts: readonly RelayVerdict[]
}

/** What a relay is asked for: subscriptions go to the first, publications to the second, unless they name their relays. */
export interface RelayUse {
  readonly read: boolean
  readonly write: boolean
}

/** Something a relay refused, or that was not sent because it would have. */
export interface RelayReject {
  /** When last, Unix milliseconds. */
  readonly at: number
  /** The relay's words, or ours, with the machine-readable prefix. */
  readonly message: string
  readonly count: number
}

export interface RelayStatus extends RelayUse {
  readonly url: string
  /** Not of the list: connected while somebody names it, and left when nobody does any more. */
  readonly guest: boolean
  readonly state: 'connecting' | 'connected' | 'waiting' | 'closed'
  /** Why it is not connected, for a person. */
  readonly problem: string | null
  readonly latencyMs: number | null
  readonly connectedAt: number | null
  readonly nextAttemptAt: number | null
  readonly received: number
  readonly published: number
  /** Events refused by us: forged, malformed, oversized, out of filter. */
  readonly dropped: number
  readonly lastRefusal: string | null
  /** The latest reasons, the newest first; bounded. */
  readonly rejects: readonly RelayReject[]
  /** NIP-11; null while it is not known. */
  readonly limits: RelayLimitation | null
  readonly information: RelayInformation | null
  /** Least milliseconds between two events, learned from its `rate-limited`; 0 when it never said so. */
  readonly pace: number
  /** How far its clock is ahead of ours, in seconds; null when it gives no sign of the time, and on this machine. */
  readonly clockSkewSecs: number | null
}

/** Proof of work being done for an event, for a person to see. */
export interface WorkProgress {
  readonly bits: number
  readonly hashes: number
  /** On average so many are needed: 2^bits. Half as many again is nothing unusual. */
  readonly expectedHashes: number
  readonly startedAt: number
}

export interface Subscription {
  close(): void
}

export interface SubscribeOptions {
  /** Only these relays; all of the pool's read relays when absent. Those that are not in the pool become guests. */
  readonly relays?: readonly string[]
  /** Asks again this often for what the relays have stored: for what may not be missed, where a relay loses it on the way. */
  readonly askAgainMs?: number
  /** Verified, deduplicated, matching the filter. Called synchronously, in order of arrival. */
  onEvent(event: NostrEvent, relay: string): void
  /** Once, when every connected relay has said EOSE, or after the EOSE timeout. */
  onEose?(): void
  onClosed?(relay: string, reason: string): void
}

export interface RelayPool {
  /** Guests included. */
  readonly status: Signal<Readonly<Record<string, RelayStatus>>>
  /** The proof of work being done now; null: none. */
  readonly work: Signal<WorkProgress | null>
  /**
   * Adds a relay, or changes the use of a known one (idempotent; both uses when `use` is absent and the relay new).
   * Returns a problem sentence for an address that is not ws:// or wss://.
   */
  add(url: string, use?: RelayUse): string | null
  remove(url: string): void
  /** The list, in order, guests left out; all, or those of one use. */
  urls(use?: 'read' | 'write'): readonly string[]
  subscribe(filters: readonly Filter[], options: SubscribeOptions): Subscription
  /**
   * Resolves with each relay's verdict, at the latest after the publish timeout. Never throws. Without `relays` it goes
   * to the write relays; those named and not in the pool become guests. A stored event that one relay has accepted is
   * offered to the others for some minutes more; one that none accepted is the caller's to publish again.
   */
  publish(event: NostrEvent, relays?: readonly string[]): Promise<PublishReport>
  /** Leading zero bits (NIP-13) that publishing there takes now: the highest demand of the list's relays that is not beyond our means; 0: none. For a guest none is done. */
  powBits(relays?: readonly string[]): number
  /**
   * The template with the work that `powBits` names, done off this thread; as it is when none is asked, none can be
   * done, or the signal ends it. The same template comes back with the same work.
   */
  addWork(template: EventTemplate, pubkey: string, relays?: readonly string[], signal?: AbortSignal): Promise<EventTemplate>
  /** How often ephemeral frames may go out there, in milliseconds; null: do without them, only what is stored arrives. */
  frameIntervalMs(relays?: readonly string[]): number | null
  /** How far the relays' clocks are ahead of ours, in seconds: the median of those that say; null: none does. */
  clockSkewSecs(): number | null
  /** Who answers relays that ask who we are (NIP-42) has changed: those that have asked are told anew. */
  reauthenticate(): void
  /** Resolves once at least one relay is connected, or false at the timeout. */
  connected(timeoutMs: number): Promise<boolean>
  close(): Promise<void>
}
