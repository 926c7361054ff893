/** Who can read a job, in the words that every page uses. */
import type { DialectName, Privacy } from '#shared/market/dialect.ts'

export interface PrivacyWords {
  /** A badge, or a word in a line. */
  readonly short: string
  /** The whole meaning, in a sentence or two. */
  readonly long: string
}

export const PRIVACY_WORDS: Record<Privacy, PrivacyWords> = {
  private: {
    short: 'Private',
    long: 'Private: only the two sides can read the question and the answer. The relays see sizes and times, and that somebody asks this seller.',
  },
  'public-relays': {
    short: 'Public on the relays',
    long: 'Public on the relays: anyone who reads them can see the question and the answer.',
  },
  'public-channel': {
    short: 'Public in a channel',
    long: 'Public in a channel: anyone who reads it can see the question, the answer and whose they are.',
  },
}

/** Who can read a job that travels in that dialect; a quote knows it better. */
const PRIVACY_OF: Record<DialectName, Privacy> = { 'souk/1': 'private', nip90: 'public-relays', channel: 'public-channel' }

/** As the engine chooses: a seller that names a channel is asked there rather than in plain NIP-90. */
const ASKED_IN: readonly DialectName[] = ['souk/1', 'channel', 'nip90']

/** What the best dialect of an offer gives; undefined when it names none that we know. */
export function bestPrivacy(dialects: readonly DialectName[]): Privacy | undefined {
  const best = ASKED_IN.find((dialect) => dialects.includes(dialect))
  return best && PRIVACY_OF[best]
}

/** A dialect's name for a person who may know the word. */
export const DIALECT_WORDS: Record<DialectName, string> = { 'souk/1': 'souk/1', nip90: 'NIP-90', channel: 'channel' }
