import type { LinkStatus } from './relayLink.ts'
import type { PublishReport, RelayVerdict } from './relayPool.ts'

/** What a publication needs to know of one of its relays. */
export interface PublicationTarget {
  readonly url: string
  link(): LinkStatus
  publish(eventId: string, frame: string, onVerdict: (verdict: RelayVerdict) => void): () => void
}

/** One event on its way to several relays. */
export interface Publication {
  readonly report: Promise<PublishReport>
  /** A relay was connected or lost: nobody waits for one that is down when another has accepted. */
  onLinkChange(): void
  /** Time is up: whoever has not answered has no verdict but that. */
  end(): void
}

export function createPublication(
  eventId: string,
  frame: string,
  targets: readonly PublicationTarget[],
  strangers: readonly string[],
): Publication {
  const { promise, resolve } = Promise.withResolvers<PublishReport>()
  const verdicts: RelayVerdict[] = strangers.map((relay) => ({ relay, verdict: 'unreachable', message: 'This relay is not in the list.' }))
  const waiting = new Map<PublicationTarget, () => void>()
  let isEnded = false

  const isAccepted = () => verdicts.some(({ verdict }) => verdict === 'accepted')
  const isDown = (target: PublicationTarget) => ['waiting', 'closed'].includes(target.link().state)

  const end = () => {
    if (isEnded) return
    isEnded = true
    for (const [target, cancel] of waiting) {
      cancel()
      verdicts.push(
        target.link().state === 'connected'
          ? { relay: target.url, verdict: 'timeout', message: 'The relay did not say in time whether it took the event.' }
          : { relay: target.url, verdict: 'unreachable', message: target.link().problem ?? 'The relay could not be reached in time.' },
      )
    }
    waiting.clear()
    resolve({ accepted: isAccepted(), verdicts })
  }

  const endWhenDone = () => {
    if (waiting.size === 0 || (isAccepted() && [...waiting.keys()].every(isDown))) end()
  }

  for (const target of targets) waiting.set(target, () => {})
  for (const target of targets) {
    const cancel = target.publish(eventId, frame, (verdict) => {
      waiting.delete(target)
      verdicts.push(verdict)
      endWhenDone()
    })
    if (waiting.has(target)) waiting.set(target, cancel)
  }
  endWhenDone()
  return { report: promise, onLinkChange: endWhenDone, end }
}
