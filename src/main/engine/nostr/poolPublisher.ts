import type { Clock } from '../ports.ts'
import { createSignal } from '../signal.ts'
import { createDeadlines } from './deadlines.ts'
import type { LateDelivery } from './lateDelivery.ts'
import type { Miner } from './mining/miner.ts'
import { prepareOutgoing } from './outgoing.ts'
import type { PoolLimits } from './poolLimits.ts'
import { createPublication, type Publication } from './publication.ts'
import type { RelayPool, RelayVerdict, WorkProgress } from './relayPool.ts'
import type { Member } from './relayRoster.ts'

/** The writing half of the pool. */
export interface PoolPublisher extends Pick<RelayPool, 'work' | 'publish' | 'powBits' | 'addWork' | 'frameIntervalMs'> {
  onLinkChange(): void
  close(): void
}

export interface PoolPublisherOptions {
  readonly clock: Clock
  readonly limits: PoolLimits
  readonly miner: Miner | null
  readonly late: LateDelivery
  /** The named relays, invited if need be, or the list's for writing; and why some cannot be had. */
  choose(relays: readonly string[] | undefined): { readonly members: readonly Member[]; readonly problems: readonly RelayVerdict[] }
  /** The same without inviting anybody. */
  present(relays: readonly string[] | undefined): readonly Member[]
  hold(member: Member): () => void
}

export function createPoolPublisher(options: PoolPublisherOptions): PoolPublisher {
  const { clock, limits, miner, late } = options
  const publications = new Set<Publication>()
  const work = createSignal<WorkProgress | null>(null)
  const storedDeadlines = createDeadlines(clock, limits.publishTimeoutMs)
  const frameDeadlines = createDeadlines(clock, limits.frameTimeoutMs)
  const graceDeadlines = createDeadlines(clock, limits.acceptedGraceMs)
  const closing = new AbortController()

  const powBits = (relays?: readonly string[]) => {
    // Who names a relay of its own could otherwise have us work for as long as it likes.
    const demands = options.present(relays).flatMap(({ connection, isGuest }) => (isGuest ? [] : [connection.powBits()]))
    return Math.max(0, ...demands.filter((bits) => bits <= limits.maxPowBits))
  }

  return {
    work,

    async publish(event, relays) {
      const outgoing = prepareOutgoing(event)
      const { members, problems } = options.choose(relays)
      const releases = members.flatMap((member) => (member.isGuest ? [options.hold(member)] : []))
      const targets = members.map(({ connection }) => connection)
      if (!outgoing.isEphemeral) late.track(outgoing, targets.map(({ url }) => url))
      let cancelGrace = () => {}
      const publication = createPublication({
        outgoing,
        targets,
        verdicts: problems,
        onVerdict(verdict) {
          late.onVerdict(event.id, verdict)
          if (verdict.verdict !== 'accepted') return
          cancelGrace()
          cancelGrace = graceDeadlines.add(() => publication.end())
        },
        onEnd: (isAccepted) => late.onPublished(event.id, isAccepted),
      })
      publications.add(publication)
      const cancelDeadline = (outgoing.isEphemeral ? frameDeadlines : storedDeadlines).add(() => publication.end())
      const report = await publication.report
      cancelDeadline()
      cancelGrace()
      publications.delete(publication)
      for (const release of releases) release()
      return report
    },

    powBits,

    async addWork(template, pubkey, relays, signal) {
      const bits = powBits(relays)
      if (bits === 0 || miner === null) return template
      const startedAt = clock.now()
      const end = signal === undefined ? closing.signal : AbortSignal.any([closing.signal, signal])
      const mined = await miner.mine({ template, pubkey, bits, signal: end }, (progress) => work.set({ ...progress, startedAt }))
      work.set(null)
      return mined ?? template
    },

    frameIntervalMs(relays) {
      const present = options.present(relays)
      const quickest = (members: readonly Member[]) => Math.min(...members.flatMap(({ connection }) => connection.frameIntervalMs() ?? []))
      // The quickest sets the pace: the others drop what they cannot take, and the stored event repairs it. Who names a
      // relay of its own could otherwise have the list's flooded.
      const listedMs = quickest(present.filter(({ isGuest }) => !isGuest))
      const intervalMs = Number.isFinite(listedMs) ? listedMs : quickest(present)
      return Number.isFinite(intervalMs) ? intervalMs : null
    },

    onLinkChange() {
      for (const publication of publications) publication.onLinkChange()
    },

    close() {
      closing.abort()
      for (const publication of publications) publication.end()
    },
  }
}
