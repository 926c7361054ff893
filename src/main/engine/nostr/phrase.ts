import { createHash } from 'node:crypto'
import { wordlist } from '@scure/bip39/wordlists/english.js'
import { fail, ok, type Problem, type Result } from '#shared/market/result.ts'
import type { Random } from '../ports.ts'
import { PUBLIC_PHRASES } from './publicPhrases.ts'

export type PhraseProblem = Problem<'phrase-length' | 'phrase-word' | 'phrase-checksum'>

/** BIP-39. */
const WORD_COUNTS: readonly number[] = [12, 15, 18, 21, 24]
const BITS_PER_WORD = 11
const ENTROPY_BYTES = 16
/** Longer than any phrase, short enough to be handled without care. */
const MAX_CHARS = 1_000

/** A new phrase of 12 English words (BIP-39, 128 bits). */
export function createPhrase(random: Random): string {
  const entropy = random.bytes(ENTROPY_BYTES)
  const bits = toBits(entropy) + checksumBits(entropy)
  return (bits.match(/.{11}/g) ?? []).map((word) => wordlist[Number.parseInt(word, 2)]).join(' ')
}

/**
 * The phrase in its one written form (lower case, single spaces), or what is wrong with it. The sentence names a word
 * that is in no phrase, and never one that may be part of this one.
 */
export function parsePhrase(text: string): Result<string, PhraseProblem> {
  if (text.length > MAX_CHARS) return fail('phrase-length', 'A recovery phrase has 12, 15, 18, 21 or 24 words; this one is longer.')
  const words = text.normalize('NFKD').toLowerCase().split(/\s+/u).filter((word) => word !== '')
  const unknownAt = words.findIndex((word) => !wordlist.includes(word))
  if (unknownAt >= 0) return fail('phrase-word', describeUnknown(words[unknownAt] ?? '', unknownAt + 1))
  if (!WORD_COUNTS.includes(words.length)) {
    return fail('phrase-length', `A recovery phrase has 12, 15, 18, 21 or 24 words; this one has ${words.length}. Check that none is missing.`)
  }
  if (readEntropy(words) === null) {
    return fail('phrase-checksum', 'Every word is in the list, but together they are no phrase: one is wrong or two have changed places. Compare it with what you wrote down.')
  }
  return ok(words.join(' '))
}

/**
 * Whether everybody knows this phrase (PROTOCOL.md §1): one repeated word, one repeated byte, or printed in a
 * specification. On mainnet its money would be anybody's. `phrase` is as `parsePhrase` returns it.
 */
export function isPublicPhrase(phrase: string): boolean {
  const words = phrase.split(' ')
  // The last word holds the checksum, so it differs in "abandon … about" and in "zoo … wrong".
  if (new Set(words.slice(0, -1)).size === 1) return true
  const entropy = readEntropy(words)
  return PUBLIC_PHRASES.includes(phrase) || (entropy !== null && new Set(entropy).size === 1)
}

/** Null when a word is unknown or the checksum is wrong. */
function readEntropy(words: readonly string[]): Uint8Array | null {
  const indexes = words.map((word) => wordlist.indexOf(word))
  if (indexes.includes(-1)) return null
  const bits = indexes.map((index) => index.toString(2).padStart(BITS_PER_WORD, '0')).join('')
  // BIP-39: one checksum bit for every 32 bits of entropy.
  const entropyBits = Math.floor(bits.length / 33) * 32
  const entropy = Uint8Array.from(bits.slice(0, entropyBits).match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2))
  return bits.slice(entropyBits) === checksumBits(entropy) ? entropy : null
}

function checksumBits(entropy: Uint8Array): string {
  return toBits(createHash('sha256').update(entropy).digest()).slice(0, entropy.length / 4)
}

function toBits(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('')
}

function describeUnknown(word: string, position: number): string {
  const sentence = `The ${ordinal(position)} word, '${word.slice(0, 20)}', is not in the list.`
  // No two words of the list share their first four letters (BIP-39).
  const start = word.slice(0, 4)
  const meant = start.length === 4 ? wordlist.find((candidate) => candidate.startsWith(start)) : undefined
  return meant === undefined ? `${sentence} Check its spelling.` : `${sentence} Did you mean '${meant}'?`
}

function ordinal(position: number): string {
  const isTeen = Math.floor(position / 10) % 10 === 1
  const ending = isTeen ? 'th' : ({ 1: 'st', 2: 'nd', 3: 'rd' }[position % 10] ?? 'th')
  return `${position}${ending}`
}
