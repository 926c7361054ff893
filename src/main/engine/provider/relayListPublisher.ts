/** Says where this seller reads and writes (NIP-65), while it sells: a customer that does not sell tells nobody. */
import { relayListTemplate, type RelayList } from '#shared/protocol/nip65.ts'
import { MAX_MESSAGE_AHEAD_SECS } from '#shared/protocol/event.ts'
import type { RelayPool } from '../nostr/relayPool.ts'
import type { Signer } from '../nostr/signer.ts'
import type { Clock, Log } from '../ports.ts'

export interface RelayListPublisherOptions {
  readonly pool: Pick<RelayPool, 'publish'>
  readonly signer: Signer
  readonly clock: Clock
  readonly log: Log
  /** As others may know it. */
  readonly list: () => Pick<RelayList, 'write' | 'read'>
  /** Unix seconds that the last list was dated with, over restarts: of two with one date a relay keeps either. */
  readonly lastDate: { read(): number; write(createdAt: number): void }
}

export interface RelayListPublisher {
  /** What is sold or used may have changed: publishes the list when selling and not yet published so. */
  update(isSelling: boolean): void
  close(): void
}

const RETRY_MS = 30_000

export function createRelayListPublisher({ pool, signer, clock, log, list, lastDate }: RelayListPublisherOptions): RelayListPublisher {
  let isSelling = false
  let isPublishing = false
  /** The tags that relays have. */
  let published: string | null = null
  let cancelRetry: (() => void) | null = null

  async function publish(): Promise<void> {
    cancelRetry?.()
    cancelRetry = null
    isPublishing = true
    const nowSecs = Math.floor(clock.now() / 1_000)
    const last = lastDate.read()
    // A date further ahead is of a clock that was wrong: no relay would take what follows it.
    const createdAt = last > nowSecs + MAX_MESSAGE_AHEAD_SECS ? nowSecs : Math.max(nowSecs, last + 1)
    const template = relayListTemplate(list(), createdAt)
    try {
      lastDate.write(createdAt)
    } catch (error) {
      log('warn', 'the date of a list of relays could not be kept', { reason: error instanceof Error ? error.message : String(error) })
    }
    const { accepted, verdicts } = await pool.publish(signer.sign(template))
    isPublishing = false
    if (!isSelling) return
    if (accepted) {
      published = JSON.stringify(template.tags)
      look()
    } else {
      log('warn', 'No relay took the list of relays.', { verdicts })
      cancelRetry = clock.after(RETRY_MS, look)
    }
  }

  function look(): void {
    if (!isSelling || isPublishing) return
    if (JSON.stringify(relayListTemplate(list(), 0).tags) !== published) void publish()
  }

  return {
    update(selling) {
      if (selling !== isSelling) published = null
      isSelling = selling
      if (!selling) cancelRetry?.()
      look()
    },
    close() {
      isSelling = false
      cancelRetry?.()
    },
  }
}
