import { DEFAULT_PARSE_LIMITS, type ParseLimits } from './eventParsing.ts'

/** Every bound of the relay pool. All of them are per relay unless they say otherwise. */
export interface PoolLimits {
  readonly parse: ParseLimits
  /** In the whole pool. */
  readonly maxRelays: number

  /** Connections in the whole pool to relays outside the list, and how long one is kept when nobody names it. */
  readonly maxGuests: number
  readonly guestIdleMs: number
  /** One that is needed, and that nobody has named for so long, makes room for another. */
  readonly guestHeldMs: number

  readonly handshakeTimeoutMs: number
  /** A first retry after about half of this; then doubling, jittered, to the maximum. */
  readonly retryFirstMs: number
  readonly retryMaxMs: number
  /** The same for a relay that misbehaved. */
  readonly penaltyFirstMs: number
  readonly penaltyMaxMs: number
  /** A connection that lasted this long starts the retries from the beginning again. */
  readonly stableAfterMs: number
  readonly pingIntervalMs: number
  readonly pingTimeoutMs: number

  readonly publishTimeoutMs: number
  /** Once one relay has accepted, the others are waited for so long: what they do not take by then is offered to them later. */
  readonly acceptedGraceMs: number
  /** The same for an ephemeral event, which is worth nothing later. */
  readonly frameTimeoutMs: number
  /** A stored event is offered for so long to relays that have not taken it, or that died so soon after they took it. */
  readonly lateMs: number
  readonly diedSoonMs: number
  /** Such events in the whole pool, and how often a connected relay is asked again. */
  readonly lateEvents: number
  readonly lateChars: number
  readonly lateRetryMs: number
  /** NIP-13: more work than that is not done, and the relay done without. */
  readonly maxPowBits: number
  /** Longer than this between two frames is no stream. */
  readonly maxFrameIntervalMs: number
  /** How long a relay that wants payment, or else, and refused for it is left alone with events. */
  readonly refusedWritesMs: number
  readonly eoseTimeoutMs: number
  /** How far before the last sign of life a subscription is taken up again: other people's clocks, and the window of a job message. */
  readonly resumeOverlapSecs: number
  /** A subscription that the relay closed is asked for again after this, doubling up to `retryMaxMs`. */
  readonly resubscribeFirstMs: number

  /** Frames and characters waiting to be judged: above, the socket is not read. */
  readonly inboxFrames: number
  readonly inboxChars: number
  readonly outboxEvents: number
  readonly outboxChars: number
  /** Bytes in the socket that have not left: above, events wait in the outbox. */
  readonly bufferedBytes: number
  readonly authAnswersPerConnection: number

  /** Verified events kept to recognise their copies, in the whole pool. */
  readonly knownEvents: number
  readonly knownChars: number
  /** Ids remembered by each subscription, so that none is delivered twice. */
  readonly deliveredIds: number

  /** Forged events and frames that are no Nostr, tolerated at once and per second. */
  readonly forgedBurst: number
  readonly forgedPerSec: number
  /** Well-formed events that nobody asked for, likewise. */
  readonly uselessBurst: number
  readonly uselessPerSec: number

  /** NIP-11: the longest document, how long it is waited for, and when it is asked for again: after a good answer, after none. */
  readonly informationBytes: number
  readonly informationTimeoutMs: number
  readonly informationFreshMs: number
  readonly informationRetryFirstMs: number
  readonly informationRetryMaxMs: number

  /** Least time between two updates of the status. */
  readonly statusIntervalMs: number
}

export const DEFAULT_POOL_LIMITS: PoolLimits = {
  parse: DEFAULT_PARSE_LIMITS,
  maxRelays: 32,
  maxGuests: 32,
  guestIdleMs: 60_000,
  guestHeldMs: 600_000,
  handshakeTimeoutMs: 10_000,
  retryFirstMs: 1_000,
  retryMaxMs: 60_000,
  penaltyFirstMs: 120_000,
  penaltyMaxMs: 900_000,
  stableAfterMs: 30_000,
  pingIntervalMs: 30_000,
  pingTimeoutMs: 10_000,
  publishTimeoutMs: 8_000,
  acceptedGraceMs: 1_000,
  frameTimeoutMs: 2_000,
  lateMs: 600_000,
  diedSoonMs: 10_000,
  lateEvents: 512,
  lateChars: 8_388_608,
  lateRetryMs: 30_000,
  maxPowBits: 24,
  maxFrameIntervalMs: 2_000,
  refusedWritesMs: 600_000,
  eoseTimeoutMs: 5_000,
  resumeOverlapSecs: 300,
  resubscribeFirstMs: 5_000,
  inboxFrames: 512,
  inboxChars: 2_097_152,
  outboxEvents: 1_024,
  outboxChars: 4_194_304,
  bufferedBytes: 1_048_576,
  authAnswersPerConnection: 3,
  knownEvents: 4_096,
  knownChars: 8_388_608,
  deliveredIds: 8_192,
  forgedBurst: 50,
  forgedPerSec: 1,
  uselessBurst: 2_000,
  uselessPerSec: 50,
  informationBytes: 65_536,
  informationTimeoutMs: 10_000,
  informationFreshMs: 86_400_000,
  informationRetryFirstMs: 60_000,
  informationRetryMaxMs: 3_600_000,
  statusIntervalMs: 250,
}
