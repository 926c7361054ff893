/** What one client may ask of the embedded relay, and how much the relay keeps. */
export interface RelayLimits {
  /** A longer WebSocket message closes the connection (1009). */
  readonly maxMessageBytes: number
  /** One event as canonical JSON. */
  readonly maxEventBytes: number
  readonly maxTags: number
  /** First value of a single-letter tag, in UTF-8 bytes. */
  readonly maxTagValueBytes: number
  readonly maxEphemeralAgeSecs: number
  /** How far ahead `created_at` may lie. */
  readonly maxFutureSecs: number
  /** NIP-13 work that every event must prove; 0: none. */
  readonly minPowBits: number
  readonly maxConnections: number
  /** Beside them, on their way to be one. Each has so long for its handshake. */
  readonly maxHandshakes: number
  readonly handshakeTimeoutMs: number
  /** Whoever says nothing whole for so long after it was pinged is disconnected; so is, a little later, who broke the WebSocket protocol. */
  readonly pingIntervalMs: number
  readonly closingGraceMs: number
  /** Open subscriptions of one connection. */
  readonly maxSubscriptions: number
  /** Filters of one subscription. */
  readonly maxFilters: number
  /** Ids, authors, kinds and tag values of one subscription, all its filters together. */
  readonly maxFilterValues: number
  readonly maxSubscriptionIdLength: number
  /** Stored events that one filter yields at most, also when it names no limit. */
  readonly maxLimit: number
  /** Sustained events of one connection, and how many at once after a pause. */
  readonly eventsPerSec: number
  readonly eventBurst: number
  /** The same for everything that is not an event. */
  readonly requestsPerSec: number
  readonly requestBurst: number
  /** Events checked for clients that have sent a forged one, all of them together: a signature is what costs. */
  readonly suspectEventsPerSec: number
  readonly suspectEventBurst: number
  /** Parsed from one connection but not yet handled; its socket is not read while there are more. */
  readonly maxWaitingMessages: number
  /** Unsent to one connection; a reader further behind is disconnected. */
  readonly maxBufferedBytes: number
  readonly maxStoredEvents: number
  readonly maxStoredBytes: number
  readonly sweepIntervalMs: number
}

const KIB = 1_024
const MIB = 1_024 * KIB

/** The bounds that bite are those of the most used relay (PROTOCOL.md §1), so that what works here works there. */
export const DEFAULT_RELAY_LIMITS: RelayLimits = {
  maxMessageBytes: 128 * KIB,
  maxEventBytes: 64 * KIB,
  maxTags: 2_000,
  maxTagValueBytes: 1_024,
  maxEphemeralAgeSecs: 60,
  maxFutureSecs: 900,
  minPowBits: 0,
  maxConnections: 256,
  maxHandshakes: 64,
  handshakeTimeoutMs: 10_000,
  pingIntervalMs: 60_000,
  closingGraceMs: 1_000,
  maxSubscriptions: 64,
  maxFilters: 16,
  maxFilterValues: 1_000,
  maxSubscriptionIdLength: 64,
  maxLimit: 500,
  eventsPerSec: 3_000,
  eventBurst: 6_000,
  requestsPerSec: 100,
  requestBurst: 400,
  suspectEventsPerSec: 50,
  suspectEventBurst: 200,
  maxWaitingMessages: 128,
  maxBufferedBytes: 8 * MIB,
  maxStoredEvents: 50_000,
  maxStoredBytes: 256 * MIB,
  sweepIntervalMs: 60_000,
}
