/** NIP-01's shapes as plain data, and how old a message of a job may be. */

/** A signed event: hex ids and keys in lower case, `created_at` in Unix seconds. */
export interface NostrEvent {
  readonly id: string
  readonly pubkey: string
  readonly created_at: number
  readonly kind: number
  readonly tags: readonly (readonly string[])[]
  readonly content: string
  readonly sig: string
}

/** An event before its author is known. */
export interface EventTemplate {
  readonly kind: number
  readonly created_at: number
  readonly tags: readonly (readonly string[])[]
  readonly content: string
}

/** NIP-01 filter. */
export interface Filter {
  readonly ids?: readonly string[]
  readonly authors?: readonly string[]
  readonly kinds?: readonly number[]
  readonly since?: number
  readonly until?: number
  readonly limit?: number
  readonly [tag: `#${string}`]: readonly string[] | undefined
}

/** A job message older than this is ignored (PROTOCOL.md §1): shorter loses what was sent before the reader connected. */
export const MAX_MESSAGE_AGE_SECS = 300
/** A job message dated further ahead than this is ignored: clocks differ, but not by more. */
export const MAX_MESSAGE_AHEAD_SECS = 300

/**
 * An answer is bound by its job and its author, not by its date: it is looked for from so long before the request, since both
 * clocks may be a quarter of an hour off, or jump as far on the way.
 */
export const MAX_CLOCK_ERROR_SECS = 3_600

/** Whether a job message of that date (Unix seconds) is to be looked at now. Both bounds are still timely. */
export function isTimely(createdAt: number, nowSecs: number): boolean {
  return createdAt >= nowSecs - MAX_MESSAGE_AGE_SECS && createdAt <= nowSecs + MAX_MESSAGE_AHEAD_SECS
}

/** The first value of every tag of that name, in order. */
export function tagValues(tags: NostrEvent['tags'], name: string): readonly string[] {
  return tags.flatMap((tag) => (tag[0] === name && tag[1] !== undefined ? [tag[1]] : []))
}

/** An event's id or a public key, as events spell them. */
export function isHex64(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text)
}
