import type { RelayLimitation } from '#shared/protocol/nip11.ts'
import type { Clock, Random } from '../ports.ts'
import type { AuthenticationState } from './authentication.ts'
import { readPrefix } from './okPrefix.ts'
import type { PoolLimits } from './poolLimits.ts'
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
  onEose(id: string): void
  /** `refused`: the relay has given its answer. `blocked`: it is asked again once we are authenticated. */
  onClosed(id: string, reason: string): 'refused' | 'blocked'
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
  isBlocked: boolean
  /** Beyond what the relay takes, and therefore not asked: until there is room, or on this connection at all. */
  withheld: 'for now' | 'for good' | null
  refusals: number
  cancelRetry: () => void
}

/** The heartbeat's, open for a moment now and then. */
const PINGS = 1

export function createRelaySubscriptions(options: RelaySubscriptionsOptions): RelaySubscriptions {
  const { clock, random, limits } = options
  const asked = new Map<string, Asked>()

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
    sendRequest(id, resumeFilters(subscription.filters, subscription.progress, limits.resumeOverlapSecs))
  }

  const sendRequest = (id: string, filters: readonly Filter[]) => {
    const maxLimit = options.limitation()?.maxLimit ?? Number.POSITIVE_INFINITY
    const fitting = filters.map((filter) => (filter.limit !== undefined && filter.limit > maxLimit ? { ...filter, limit: maxLimit } : filter))
    options.send(JSON.stringify(['REQ', id, ...fitting]))
  }

  const countOpen = () => [...asked.values()].filter(({ withheld }) => withheld === null).length

  /** Only what was live has missed nothing until now; a replay that broke off begins again where it began. */
  const interrupt = (subscription: Asked) => {
    if (subscription.isLive) subscription.progress = { ...subscription.progress, liveUntilSecs: options.heardAtSecs() }
    subscription.isLive = false
    subscription.cancelRetry()
  }

  return {
    add(id, filters) {
      const progress = { liveUntilSecs: null, latestCreatedAt: null }
      const subscription: Asked = { filters, progress, isLive: false, isBlocked: false, withheld: null, refusals: 0, cancelRetry: () => {} }
      asked.set(id, subscription)
      ask(id, subscription)
    },
    remove(id) {
      const subscription = asked.get(id)
      if (subscription === undefined) return
      subscription.cancelRetry()
      asked.delete(id)
      if (!options.isUp() || subscription.withheld !== null) return
      options.send(JSON.stringify(['CLOSE', id]))
      const next = [...asked].find(([, other]) => other.withheld === 'for now')
      if (next !== undefined) ask(...next)
    },
    askAgain(id) {
      const subscription = asked.get(id)
      if (subscription?.isLive === true && options.isUp()) sendRequest(id, subscription.filters)
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
      if (subscription === undefined) return
      subscription.isLive = true
      subscription.refusals = 0
    },
    onClosed(id, reason) {
      const subscription = asked.get(id)
      if (subscription === undefined) return 'refused'
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
