import type { RelayLimitation } from '#shared/protocol/nip11.ts'
import { provenBits } from '#shared/protocol/nip13.ts'
import type { Clock, Random } from '../ports.ts'
import { readClockComplaint } from './clockSkew.ts'
import { readPrefix } from './okPrefix.ts'
import type { Outgoing } from './outgoing.ts'
import type { PoolLimits } from './poolLimits.ts'
import type { FetchInformation } from './fetchInformation.ts'
import { createRejectLog } from './rejectLog.ts'
import { findObstacle } from './relayAdmission.ts'
import { isLoopbackUrl } from './relayHost.ts'
import { createRelayInformationReader } from './relayInformationReader.ts'
import type { NostrEvent, RelayStatus } from './relayPool.ts'

/** On what terms one relay takes events: what its document says, and what its refusals have taught. */
export interface RelayTerms {
  /** Why it would refuse that event; null: it may take it. */
  obstacle(outgoing: Outgoing): string | null
  /** NIP-13 bits that it wants. */
  powBits(): number
  limits(): RelayLimitation | null
  /** It refused something, or something was not sent because it would have; the event, where it was one that it saw. */
  onRefused(message: string, event: NostrEvent | null): void
  onAccepted(): void
  /** It knows another one of us now, and may take what it refused before. */
  onAuthenticated(): void
  status(): Pick<RelayStatus, 'rejects' | 'limits' | 'information' | 'clockSkewSecs'>
  /** See RelayInformationReader. */
  refresh(): void
  rest(): void
}

export interface RelayTermsOptions {
  readonly url: string
  readonly clock: Clock
  readonly random: Random
  readonly fetch: FetchInformation | null
  readonly limits: PoolLimits
  isGuest(): boolean
  onChange(): void
}

export function createRelayTerms(options: RelayTermsOptions): RelayTerms {
  const { clock, limits } = options
  const reader = createRelayInformationReader(options)
  const rejects = createRejectLog(clock)
  let learnedPowBits = 0
  let complaintSkewSecs: number | null = null
  let closed: { readonly message: string; readonly untilMs: number } | null = null

  const nowSecs = () => Math.floor(clock.now() / 1_000)
  const said = () => reader.information()?.limitation ?? null
  const powBits = () => Math.max(said()?.minPowBits ?? 0, learnedPowBits)

  return {
    obstacle(outgoing) {
      if (closed !== null && clock.now() < closed.untilMs) return closed.message
      return findObstacle(outgoing, { limits: said(), powBits: powBits(), maxPowBits: limits.maxPowBits, isGuest: options.isGuest(), nowSecs: nowSecs() })
    },
    powBits,
    limits: said,
    onRefused(message, event) {
      rejects.add(message === '' ? readPrefix('').sentence : message)
      options.onChange()
      const { prefix } = readPrefix(message)
      if (event === null) return
      if (prefix === 'pow') learnedPowBits = Math.max(learnedPowBits, readPowDemand(message, provenBits(event)))
      if (prefix === 'invalid') complaintSkewSecs = readClockComplaint(message, event.created_at, nowSecs(), said()) ?? complaintSkewSecs
      const isConditional = said()?.paymentRequired === true || said()?.restrictedWrites === true
      if (isConditional && (prefix === 'restricted' || prefix === 'blocked')) closed = { message, untilMs: clock.now() + limits.refusedWritesMs }
    },
    onAccepted: () => void (complaintSkewSecs = null),
    onAuthenticated: () => void (closed = null),
    status() {
      const information = reader.information()
      const skewSecs = reader.clockSkewSecs() ?? complaintSkewSecs
      return { rejects: rejects.list(), limits: said(), information, clockSkewSecs: isLoopbackUrl(options.url) ? null : skewSecs }
    },
    refresh: () => reader.refresh(),
    rest: () => reader.rest(),
  }
}

const MAX_BITS = 256

/**
 * "pow: 28 bits needed, 25 bits given" in whatever words: the lowest number that is more than what the event had. Was it
 * another number, the next refusal says more. 0 without any.
 */
function readPowDemand(message: string, provenBits: number): number {
  const numbers = (message.match(/\d+/g) ?? []).map(Number).filter((bits) => bits > provenBits && bits <= MAX_BITS)
  return numbers.length === 0 ? 0 : Math.min(...numbers)
}
