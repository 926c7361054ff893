import type { EventTemplate, NostrEvent } from '#shared/protocol/event.ts'
import type { RelayPool, RelayVerdict } from './nostr/relayPool.ts'
import type { Signer } from './nostr/signer.ts'

/** What went out and what each relay said of it: kept for the timeline. */
export interface Delivery {
  readonly eventId: string
  readonly raw: string
  readonly verdicts: readonly { readonly relay: string; readonly verdict: string; readonly message: string }[]
}

/** Publishes, to the write relays unless others are named; null when no relay took it, so that the caller tries again. */
export async function deliver(pool: RelayPool, event: NostrEvent, relays?: readonly string[]): Promise<Delivery | null> {
  const report = await pool.publish(event, relays)
  if (!report.accepted) return null
  return { eventId: event.id, raw: JSON.stringify(event), verdicts: report.verdicts.map(describeVerdict) }
}

/** Signs, after the work that those relays ask for (NIP-13), and publishes. The same template gives the same event. */
export async function signAndDeliver(pool: RelayPool, signer: Signer, template: EventTemplate, relays?: readonly string[]): Promise<Delivery | null> {
  const worked = pool.powBits(relays) === 0 ? template : await pool.addWork(template, signer.pubkey, relays)
  return deliver(pool, signer.sign(worked), relays)
}

function describeVerdict(verdict: RelayVerdict): Delivery['verdicts'][number] {
  return { relay: verdict.relay, verdict: verdict.verdict, message: verdict.message }
}

/** A job message older than this is ignored by readers (PROTOCOL.md §1), so one sent again later is dated anew. */
const FRESH_SECS = 240

/**
 * The time to date a message with, in Unix seconds: when it became due, so that sending it again after a crash gives
 * the same event and the same id; now, when that is too long ago to be read.
 */
export function dateMessage(dueAtMs: number, nowMs: number): number {
  const due = Math.floor(dueAtMs / 1_000)
  const now = Math.floor(nowMs / 1_000)
  return now - due > FRESH_SECS || due > now ? now : due
}
