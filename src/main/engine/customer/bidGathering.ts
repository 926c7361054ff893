/** Bids for an open request, gathered for a moment before one is taken: who is always first is a program that asks for all that is bid. */
import type { Msat } from '#shared/market/msat.ts'
import type { NostrEvent } from '#shared/protocol/event.ts'
import type { Clock } from '../ports.ts'

export interface Bid {
  /** Hex public key. */
  readonly from: string
  readonly event: NostrEvent
  readonly bolt11: string
  /** What its invoice asks for, decoded. */
  readonly amountMsat: Msat
}

export interface BidGatheringOptions {
  readonly clock: Clock
  /** Unix ms by which one must have been taken. */
  readonly untilMs: number
  /** How well that key is known: the higher, the sooner it is taken, whatever it asks. */
  readonly rank: (pubkey: string) => number
  /** The bids so far, the best first: once for each time that some were gathered. */
  readonly onGathered: (bids: readonly Bid[]) => void
}

export interface BidGathering {
  /** Of each key the first counts. */
  add(bid: Bid): void
  close(): void
}

/** From the first bid on: a seller's wallet makes an invoice, and a relay carries it, in well below that. */
const GATHER_MS = 1_500
/** Taking one needs a moment before the time is up. */
const SPARE_MS = 200
/** Anybody can make keys that bid; of more than these the best are kept. */
const MAX_BIDS = 40

export function createBidGathering({ clock, untilMs, rank, onGathered }: BidGatheringOptions): BidGathering {
  let gathered: { readonly bid: Bid; readonly rank: number }[] = []
  let cancelTimer: (() => void) | null = null

  function end(): void {
    const bids = gathered.map(({ bid }) => bid)
    gathered = []
    cancelTimer = null
    onGathered(bids)
  }

  return {
    add(bid) {
      if (gathered.some((other) => other.bid.from === bid.from)) return
      const ranked = { bid, rank: rank(bid.from) }
      const better = gathered.findIndex((other) => ranked.rank > other.rank || (ranked.rank === other.rank && bid.amountMsat < other.bid.amountMsat))
      gathered.splice(better === -1 ? gathered.length : better, 0, ranked)
      gathered.length = Math.min(gathered.length, MAX_BIDS)
      cancelTimer ??= clock.after(Math.max(0, Math.min(GATHER_MS, untilMs - SPARE_MS - clock.now())), end)
    },
    close() {
      cancelTimer?.()
      cancelTimer = null
      gathered = []
    },
  }
}
