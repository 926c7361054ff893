import type { Outgoing } from './outgoing.ts'
import type { LinkStatus } from './relayLink.ts'
import type { PublishReport, RelayVerdict } from './relayPool.ts'

/** What a publication needs to know of one of its relays. */
export interface PublicationTarget {
  readonly url: string
  link(): LinkStatus
  publish(outgoing: Outgoing, onVerdict: (verdict: RelayVerdict) => void): () => RelayVerdict | null
}

/** One event on its way to several relays. */
export interface Publication {
  readonly report: Promise<PublishReport>
  /** A relay was connected or lost: nobody waits for one that is down when another has accepted. */
  onLinkChange(): void
  /** Time is up: whoever has not answered has no verdict but that. */
  end(): void
}

export interface PublicationOptions {
  readonly outgoing: Outgoing
  readonly targets: readonly PublicationTarget[]
  /** Verdicts that stand before anybody was asked. */
  readonly verdicts: readonly RelayVerdict[]
  /** As each comes, the ones at the end included. */
  onVerdict(verdict: RelayVerdict): void
  /** Once, before those who have not answered are given up. */
  onEnd(isAccepted: boolean): void
}

export function createPublication(options: PublicationOptions): Publication {
  const { outgoing, targets } = options
  const { promise, resolve } = Promise.withResolvers<PublishReport>()
  const verdicts: RelayVerdict[] = [...options.verdicts]
  const waiting = new Map<PublicationTarget, () => RelayVerdict | null>()
  let isEnded = false

  const isAccepted = () => verdicts.some(({ verdict }) => verdict === 'accepted')
  const isDown = (target: PublicationTarget) => ['waiting', 'closed'].includes(target.link().state)

  const note = (verdict: RelayVerdict) => {
    verdicts.push(verdict)
    options.onVerdict(verdict)
  }

  const end = () => {
    if (isEnded) return
    isEnded = true
    options.onEnd(isAccepted())
    for (const [target, cancel] of waiting) note(cancel() ?? silence(target))
    waiting.clear()
    resolve({ accepted: isAccepted(), verdicts })
  }

  const endWhenDone = () => {
    if (waiting.size === 0 || (isAccepted() && [...waiting.keys()].every(isDown))) end()
  }

  for (const target of targets) waiting.set(target, () => null)
  for (const target of targets) {
    const cancel = target.publish(outgoing, (verdict) => {
      waiting.delete(target)
      note(verdict)
      endWhenDone()
    })
    if (waiting.has(target)) waiting.set(target, cancel)
  }
  endWhenDone()
  return { report: promise, onLinkChange: endWhenDone, end }
}

function silence(target: PublicationTarget): RelayVerdict {
  const { state, problem } = target.link()
  return state === 'connected'
    ? { relay: target.url, verdict: 'timeout', message: 'The relay did not say in time whether it took the event.' }
    : { relay: target.url, verdict: 'unreachable', message: problem ?? 'The relay could not be reached in time.' }
}
