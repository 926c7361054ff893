import type { RelayLimitation } from '#shared/protocol/nip11.ts'
import type { Clock, Random } from '../ports.ts'
import type { AuthenticationState } from './authentication.ts'
import { readPrefix } from './okPrefix.ts'
import type { PoolLimits } from './poolLimits.ts'
import { createRecentIds } from './recentIds.ts'
import type { Filter } from './relayPool.ts'
import { resumeFilters, type Progress } from './resumption.ts'
import { retryDelayMs } from './retryDelay.ts'

/** What we have asked one relay for. Asked again after a reconnection, from where it had come. */
export interface RelaySubscriptions {
  add(id: string, filters: readonly Filter[]): void
  remove(id: string): void
  /** What is live is asked for once more from its beginning: the relay may have lost some of it on the way. */
  askAgain(id: string): void
  onUp(): void
  onDown(): void
  /** A verified, matching event of that date came for it. */
  onEvent(id: string, createdAt: number): void
  /** False when nobody asked for it. */
  onEose(id: string): boolean
  /** `refused`: the relay has given its answer. `blocked`: it is asked again once we are authenticated. `unasked`: it had given one, or was not asked. */
  onClosed(id: string, reason: string): 'refused' | 'blocked' | 'unasked'
  onAuthenticated(): void
  /** The ids of those that were blocked and now stay refused on this connection. */
  onAuthenticationFailed(): readonly string[]
}

export interface RelaySubscriptionsOptions {
  readonly clock: Clock
  readonly random: Random
  readonly limits: Pick<PoolLimits, 'resumeOverlapSecs' | 'resubscribeFirstMs' | 'retryMaxMs'>
  authentication(): AuthenticationState
  isUp(): boolean
  /** When the relay was last heard, Unix seconds. */
  heardAtSecs(): number
  /** What the relay said that it takes; null: nothing. */
  limitation(): RelayLimitation | null
  /** It was not asked, since it would have refused, for this reason. */
  onWithheld(id: string, reason: string): void
  send(text: string): void
}

interface Asked {
  readonly filters: readonly Filter[]
  progress: Progress
  /** All stored events have come and the relay sends new ones. */
  isLive: boolean
  /** What was sent and is not answered yet, by EOSE or CLOSED. */
  questions: number
  /** The relay has neither refused nor ended it. */
  isOpen: boolean
  isBlocked: boolean
  /** Beyond what the relay takes, and therefore not asked: until there is room, or on this connection at all. */
  withheld: 'for now' | 'for good' | null
  refusals: number
  cancelRetry: () => void
}

/** The heartbeat's, open for a moment now and then. */
const PINGS = 1
/** Of those that ended so recently an answer may still be on its way. */
const REMOVED_REMEMBERED = 256

export function createRelaySubscriptions(options: RelaySubscriptionsOptions): RelaySubscriptions {
  const { clock, random, limits } = options
  const asked = new Map<string, Asked>()
  const removed = createRecentIds(REMOVED_REMEMBERED)

  const ask = (id: string, subscription: Asked) => {
    subscription.cancelRetry()
    subscription.isBlocked = false
    subscription.isLive = false
    if (!options.isUp()) return
    const { maxFilters, maxSubscriptions } = options.limitation() ?? { maxFilters: null, maxSubscriptions: null }
    subscription.withheld = null
    if (maxFilters !== null && subscription.filters.length > maxFilters) {
      subscription.withheld = 'for good'
      options.onWithheld(id, `restricted: the question has ${subscription.filters.length} filters, and this relay takes ${maxFilters}`)
      return
    }
    if (maxSubscriptions !== null && countOpen() > Math.max(1, maxSubscriptions - PINGS)) {
      subscription.withheld = 'for now'
      options.onWithheld(id, `restricted: this relay takes ${maxSubscriptions} subscriptions at once`)
      return
    }
    sendRequest(id, subscription, resumeFilters(subscription.filters, subscription.progress, limits.resumeOverlapSecs))
  }

  const sendRequest = (id: string, subscription: Asked, filters: readonly Filter[]) => {
    subscription.questions += 1
    subscription.isOpen = true
    const maxLimit = options.limitation()?.maxLimit ?? Number.POSITIVE_INFINITY
    const fitting = filters.map((filter) => (filter.limit !== undefined && filter.limit > maxLimit ? { ...filter, limit: maxLimit } : filter))
    options.send(JSON.stringify(['REQ', id, ...fitting]))
  }

  const countOpen = () => [...asked.values()].filter(({ withheld }) => withheld === null).length

  /** Only what was live has missed nothing until now; a replay that broke off begins again where it began. */
  const interrupt = (subscription: Asked) => {
    if (subscription.isLive) subscription.progress = { ...subscription.progress, liveUntilSecs: options.heardAtSecs() }
    subscription.isLive = false
    subscription.isOpen = false
    subscription.questions = 0
    subscription.cancelRetry()
  }

  return {
    add(id, filters) {
      const progress = { liveUntilSecs: null, latestCreatedAt: null }
      const subscription: Asked = { filters, progress, isLive: false, questions: 0, isOpen: false, isBlocked: false, withheld: null, refusals: 0, cancelRetry: () => {} }
      asked.set(id, subscription)
      ask(id, subscription)
    },
    remove(id) {
      const subscription = asked.get(id)
      if (subscription === undefined) return
      subscription.cancelRetry()
      asked.delete(id)
      removed.add(id)
      if (!options.isUp() || subscription.withheld !== null) return
      options.send(JSON.stringify(['CLOSE', id]))
      const next = [...asked].find(([, other]) => other.withheld === 'for now')
      if (next !== undefined) ask(...next)
    },
    askAgain(id) {
      const subscription = asked.get(id)
      if (subscription?.isLive === true && options.isUp()) sendRequest(id, subscription, subscription.filters)
    },
    onUp() {
      // Nothing is open yet: the first ones come first again.
      for (const subscription of asked.values()) subscription.withheld = 'for now'
      for (const [id, subscription] of asked) {
        subscription.refusals = 0
        ask(id, subscription)
      }
    },
    onDown() {
      for (const subscription of asked.values()) interrupt(subscription)
    },
    onEvent(id, createdAt) {
      const subscription = asked.get(id)
      if (subscription === undefined) return
      const latestCreatedAt = Math.max(subscription.progress.latestCreatedAt ?? 0, createdAt)
      subscription.progress = { ...subscription.progress, latestCreatedAt }
    },
    onEose(id) {
      const subscription = asked.get(id)
      if (subscription === undefined) return removed.has(id)
      if (subscription.questions === 0) return false
      subscription.questions -= 1
      subscription.isLive = true
      subscription.refusals = 0
      return true
    },
    onClosed(id, reason) {
      const subscription = asked.get(id)
      if (subscription === undefined) return removed.has(id) ? 'refused' : 'unasked'
      if (!subscription.isOpen) return 'unasked'
      interrupt(subscription)
      const { retry } = readPrefix(reason)
      const authentication = options.authentication()
      if (retry === 'authenticated' && authentication === 'pending') {
        subscription.isBlocked = true
        return 'blocked'
      }
      // After authentication a second refusal is final, but one that crossed with it on the way is not.
      const again = retry === 'later' || (retry === 'authenticated' && authentication === 'done' && subscription.refusals === 0)
      const delayMs = retryDelayMs(subscription.refusals, limits.resubscribeFirstMs, limits.retryMaxMs, random)
      subscription.refusals += 1
      if (again) subscription.cancelRetry = clock.after(delayMs, () => ask(id, subscription))
      return 'refused'
    },
    onAuthenticated() {
      for (const [id, subscription] of asked) if (subscription.isBlocked) ask(id, subscription)
    },
    onAuthenticationFailed() {
      const refused: string[] = []
      for (const [id, subscription] of asked) {
        if (subscription.isBlocked) refused.push(id)
        subscription.isBlocked = false
      }
      return refused
    },
  }
}
