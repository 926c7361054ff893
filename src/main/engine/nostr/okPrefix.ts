import type { OkPrefix } from './relayPool.ts'

/** When it is worth asking again for what a relay refused: never, after a while, or once it knows who asks. */
export type Retry = 'never' | 'later' | 'authenticated'

interface Meaning {
  readonly prefix: OkPrefix
  /** For a person. */
  readonly sentence: string
  readonly retry: Retry
}

/** The machine-readable beginnings of `OK` and `CLOSED` (NIP-01, NIP-42), each before the first colon. */
const MEANINGS: ReadonlyMap<string, Meaning> = new Map(
  [
    { prefix: 'duplicate', sentence: 'The relay already has it.', retry: 'never' },
    { prefix: 'pow', sentence: 'The relay wants proof of work.', retry: 'never' },
    { prefix: 'blocked', sentence: 'The relay blocks this author or address.', retry: 'never' },
    { prefix: 'rate-limited', sentence: 'The relay takes no more for now.', retry: 'later' },
    { prefix: 'invalid', sentence: 'The relay calls it invalid.', retry: 'never' },
    { prefix: 'restricted', sentence: 'The relay allows this only to some.', retry: 'never' },
    { prefix: 'mute', sentence: 'Nobody would be allowed to see it there.', retry: 'never' },
    { prefix: 'error', sentence: 'The relay failed.', retry: 'later' },
    { prefix: 'auth-required', sentence: 'The relay wants to know who asks.', retry: 'authenticated' },
  ].map((meaning) => [meaning.prefix, meaning as Meaning]),
)

const NONE: Meaning = { prefix: 'none', sentence: 'The relay refused without a known reason.', retry: 'later' }

/** What the reason of an `OK` or `CLOSED` means; `none` when it begins with no known prefix. */
export function readPrefix(reason: string): Meaning {
  const colon = reason.indexOf(':')
  return (colon > 0 && MEANINGS.get(reason.slice(0, colon).trim())) || NONE
}
