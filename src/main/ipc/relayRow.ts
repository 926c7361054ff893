import type { RelayStatus, WorkProgress } from '#engine/nostr/relayPool.ts'
import type { RelayRow } from '#shared/ipc/settings.ts'
import type { RelayLimitation } from '#shared/protocol/nip11.ts'

/** A relay's status as a page mirrors it: absent where the pool has null. */
export function describeRelay(status: RelayStatus, embedded: boolean): RelayRow {
  const { url, state, guest, read, write, problem, latencyMs, connectedAt, nextAttemptAt, received, published, dropped, rejects, limits, information, pace, clockSkewSecs } = status
  const software = [information?.software, information?.version].filter(Boolean).join(' ')
  return {
    url, state, embedded, guest, read, write, received, published, dropped,
    rejects: rejects.map((reject) => ({ ...reject })),
    paceMs: pace,
    ...(problem === null ? {} : { problem }),
    ...(latencyMs === null ? {} : { latencyMs }),
    ...(connectedAt === null ? {} : { connectedAt }),
    ...(nextAttemptAt === null ? {} : { nextAttemptAt }),
    ...(limits === null ? {} : { limits: describeLimits(limits) }),
    ...(information?.name ? { name: information.name } : {}),
    ...(information?.description ? { description: information.description } : {}),
    ...(software === '' ? {} : { software }),
    ...(clockSkewSecs === null ? {} : { clockSkewSecs }),
  }
}

export function describeWork(work: WorkProgress | null): { work?: { bits: number; hashes: number; expectedHashes: number } } {
  return work === null ? {} : { work: { bits: work.bits, hashes: work.hashes, expectedHashes: work.expectedHashes } }
}

function describeLimits(limits: RelayLimitation): NonNullable<RelayRow['limits']> {
  const { maxMessageBytes, maxContentChars, maxTags, maxSubscriptions, minPowBits, authRequired, paymentRequired, restrictedWrites, createdAtLowerSecs, createdAtUpperSecs } = limits
  return {
    minPowBits, authRequired, paymentRequired, restrictedWrites,
    ...(maxMessageBytes === null ? {} : { maxMessageBytes }),
    ...(maxContentChars === null ? {} : { maxContentChars }),
    ...(maxTags === null ? {} : { maxTags }),
    ...(maxSubscriptions === null ? {} : { maxSubscriptions }),
    ...(createdAtLowerSecs === null ? {} : { createdAtLowerSecs }),
    ...(createdAtUpperSecs === null ? {} : { createdAtUpperSecs }),
  }
}
