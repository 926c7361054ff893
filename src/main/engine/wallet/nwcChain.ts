/**
 * The chain as a wallet tells of it. NIP-47 says how long money stays locked in blocks, the port in Unix seconds: blocks
 * count as ten minutes each, and one fewer than there are, because the next one is on its way already.
 */
import { BLOCK_SECS, getInfoResultSchema } from '#shared/protocol/nip47.ts'
import type { Network } from '#shared/market/network.ts'
import type { Clock } from '../ports.ts'
import type { NwcClient } from './nwcClient.ts'

/** A height, and a moment (Unix seconds) at which the chain was no higher. */
export interface ChainTip {
  readonly height: number
  readonly seenAt: number
}

export interface NwcChain {
  /** What `get_info` answered to a question of that moment. */
  note(height: number | null, askedAt: number): void
  /** A recent one, asked for when there is none; null when the wallet does not say. */
  tip(): Promise<ChainTip | null>
}

/** An older tip is as true, but makes a lock look longer than blocks that came quickly have left it. */
const TRUSTED_SECS = 60
/** Of the blocks that a lock is to last: the one under way when it begins, and the one under way when it is looked at. */
const BOUNDARY_BLOCKS = 2
/** Beyond them on a real chain, where six blocks may come in ten minutes, and nodes want some to claim in. */
const RESERVE_BLOCKS = 24

export function createNwcChain({ client, clock, replyMs }: { readonly client: NwcClient; readonly clock: Clock; readonly replyMs: number }): NwcChain {
  let newest: ChainTip | null = null
  const nowSecs = () => Math.floor(clock.now() / 1_000)
  const note = (height: number | null, askedAt: number) => {
    if (height !== null && height > 0) newest = { height, seenAt: askedAt }
  }
  return {
    note,
    async tip() {
      const askedAt = nowSecs()
      // One of a time to come was seen before the clock was put back: by it every lock would look longer.
      if (newest !== null && askedAt >= newest.seenAt && askedAt - newest.seenAt < TRUSTED_SECS) return newest
      const reply = await client.request('get_info', {}, getInfoResultSchema, { timeoutMs: replyMs })
      if (reply.kind !== 'result') return null
      note(reply.value.block_height, askedAt)
      return newest?.seenAt === askedAt ? newest : null
    },
  }
}

/** `min_cltv_expiry_delta` for a lock that lasts so long at the least. */
export function blocksToHold(holdSecs: number, network: Network): number {
  return Math.ceil(holdSecs / BLOCK_SECS) + BOUNDARY_BLOCKS + (network === 'regtest' ? 0 : RESERVE_BLOCKS)
}

/** Until when a lock stays that lasts until that block: rather too early than too late. */
export function timeOfBlock(height: number, tip: ChainTip): number {
  return tip.seenAt + Math.max(0, height - tip.height - 1) * BLOCK_SECS
}
