import { isEphemeral } from '#shared/protocol/kinds.ts'
import type { NostrEvent } from './relayPool.ts'

/** An event on its way out, serialized and measured once for all of its relays. */
export interface Outgoing {
  readonly event: NostrEvent
  /** The whole EVENT message. */
  readonly frame: string
  readonly frameBytes: number
  /** Worth nothing later: sent now or not at all. */
  readonly isEphemeral: boolean
}

export function prepareOutgoing(event: NostrEvent): Outgoing {
  const frame = JSON.stringify(['EVENT', event])
  return { event, frame, frameBytes: Buffer.byteLength(frame), isEphemeral: isEphemeral(event.kind) }
}
