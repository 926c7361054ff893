import type { RelayPool } from './relayPool.ts'

/** One's own relays of that use, and the others; undefined, which stands for one's own, when there are no others. */
export function withOwnRelays(pool: Pick<RelayPool, 'urls'>, use: 'read' | 'write', others: readonly string[]): readonly string[] | undefined {
  return others.length === 0 ? undefined : [...new Set([...pool.urls(use), ...others])]
}
