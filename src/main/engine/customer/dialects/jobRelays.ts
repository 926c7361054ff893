/** Over which relays a job runs: beside our own, those of its seller; and which of ours the seller is told of. */
import { parseRelayAddress } from '../../nostr/relayAddress.ts'
import type { RelayPool } from '../../nostr/relayPool.ts'

type Listed = Pick<RelayPool, 'urls'>

/** Each is a connection that is kept for as long as the job is waited for. */
const MAX_SELLER_RELAYS = 4
/** Which relays somebody reads tells one customer from the others, whatever key asks: no more than it takes to be answered. */
const MAX_TOLD_RELAYS = 2

/** Of the relays that a seller names, the first few that are not ours for reading and writing already. */
export function chooseSellerRelays(pool: Listed, named: readonly string[]): string[] {
  const [read, write] = [new Set(pool.urls('read')), new Set(pool.urls('write'))]
  return [...normalize(named)].filter((url) => !read.has(url) || !write.has(url)).slice(0, MAX_SELLER_RELAYS)
}

/** Where a seller is asked to answer, of our own relays as others reach them: nowhere in particular when we read where it writes. */
export function chooseAnswerRelays(pool: Listed, named: readonly string[], own: readonly string[]): readonly string[] {
  const read = new Set(pool.urls('read'))
  const isShared = [...normalize(named)].some((url) => read.has(url))
  return isShared ? [] : own.slice(0, MAX_TOLD_RELAYS)
}

function normalize(addresses: readonly string[]): ReadonlySet<string> {
  return new Set(addresses.flatMap((text) => {
    const address = parseRelayAddress(text)
    return address.ok ? [address.value] : []
  }))
}
