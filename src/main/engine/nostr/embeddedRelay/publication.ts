import type { NostrEvent } from '#shared/protocol/event.ts'
import { isEphemeral } from '#shared/protocol/kinds.ts'
import type { Clock, Log } from '../../ports.ts'
import type { NostrCrypto } from '../crypto.ts'
import { createRecentIds } from '../recentIds.ts'
import { findRefusal } from './admission.ts'
import { serializeEvent } from './eventShape.ts'
import type { EventStore } from './eventStore.ts'
import type { RelayLimits } from './limits.ts'
import type { Refusal } from './refusal.ts'

/** How many ephemeral events are remembered, so that one sent twice is passed on once. */
const REMEMBERED_EPHEMERAL = 4_096

/** What goes into OK. */
export type Verdict =
  | { readonly accepted: true; readonly message: '' | `duplicate: ${string}` }
  | { readonly accepted: false; readonly message: Refusal; readonly isForged?: true }

export interface PublicationPorts {
  readonly store: EventStore
  readonly crypto: Pick<NostrCrypto, 'verify'>
  readonly clock: Clock
  readonly log: Log
  readonly limits: RelayLimits
  /** Passes a new, valid event on to whoever subscribed to it. `json` is its canonical form. */
  readonly broadcast: (event: NostrEvent, json: string) => void
}

export const FORGED = { accepted: false, message: 'invalid: the id or the signature is wrong', isForged: true } as const satisfies Verdict
const ACCEPTED: Verdict = { accepted: true, message: '' }
const DUPLICATE: Verdict = { accepted: true, message: 'duplicate: this relay has the event' }

/** Cheap rules first, then the signature, then the store; what is stored, or ephemeral, is passed on exactly once. */
export function createPublication({ store, crypto, clock, log, limits, broadcast }: PublicationPorts): (event: NostrEvent) => Verdict {
  const passedOn = createRecentIds(REMEMBERED_EPHEMERAL)

  const publishEphemeral = (event: NostrEvent, json: string): Verdict => {
    passedOn.add(event.id)
    broadcast(event, json)
    return ACCEPTED
  }

  const publishStored = (event: NostrEvent, json: string): Verdict => {
    const outcome = store.add(event, json)
    switch (outcome) {
      case 'stored':
        broadcast(event, json)
        return ACCEPTED
      case 'duplicate':
        return DUPLICATE
      case 'outdated':
        return { accepted: true, message: 'duplicate: this relay has a newer version' }
      case 'deleted':
        return { accepted: false, message: 'blocked: its author has deleted this event' }
    }
  }

  return (event) => {
    const json = serializeEvent(event)
    const refusal = findRefusal(event, Buffer.byteLength(json), Math.floor(clock.now() / 1_000), limits)
    if (refusal !== null) return { accepted: false, message: refusal }
    try {
      // Both hold verified events only, so a forged copy of a known event changes nothing and costs no signature.
      const passes = isEphemeral(event.kind)
      if (passes ? passedOn.has(event.id) : store.has(event.id)) return DUPLICATE
      if (!crypto.verify(event)) return FORGED
      return passes ? publishEphemeral(event, json) : publishStored(event, json)
    } catch (error) {
      log('error', 'The embedded relay could not store an event', { reason: error instanceof Error ? error.message : String(error) })
      return { accepted: false, message: 'error: this relay could not store the event; its disk may be full' }
    }
  }
}
