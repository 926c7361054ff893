/**
 * The relay pool port and its types. Every event that a subscription yields has been verified (id recomputed,
 * signature checked on a fresh object) and deduplicated by its computed id across relays.
 */
import type { Filter, NostrEvent } from '#shared/protocol/event.ts'
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

/** What one relay said to one event. `accepted` means taken, never delivered (PROTOCOL.md §1). */
export type RelayVerdict =
  | { readonly relay: string; readonly verdict: 'accepted'; readonly message: string }
  | { readonly relay: string; readonly verdict: 'refused'; readonly prefix: OkPrefix; readonly message: string }
  | { readonly relay: string; readonly verdict: 'timeout' | 'unreachable'; readonly message: string }

export interface PublishReport {
  /** True when at least one relay accepted. */
  readonly accepted: boolean
  readonly verdicts: readonly RelayVerdict[]
}

export interface RelayStatus {
  readonly url: string
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
}

export interface Subscription {
  close(): void
}

export interface SubscribeOptions {
  /** Only these relays; all of the pool's when absent. */
  readonly relays?: readonly string[]
  /** Verified, deduplicated, matching the filter. Called synchronously, in order of arrival. */
  onEvent(event: NostrEvent, relay: string): void
  /** Once, when every connected relay has said EOSE, or after the EOSE timeout. */
  onEose?(): void
  onClosed?(relay: string, reason: string): void
}

export interface RelayPool {
  readonly status: Signal<Readonly<Record<string, RelayStatus>>>
  /** Adds a relay (idempotent). Returns a problem sentence for an address that is not ws:// or wss://. */
  add(url: string): string | null
  remove(url: string): void
  urls(): readonly string[]
  subscribe(filters: readonly Filter[], options: SubscribeOptions): Subscription
  /** Resolves with each relay's verdict, at the latest after the publish timeout. Never throws. */
  publish(event: NostrEvent, relays?: readonly string[]): Promise<PublishReport>
  /** Resolves once at least one relay is connected, or false at the timeout. */
  connected(timeoutMs: number): Promise<boolean>
  close(): Promise<void>
}
