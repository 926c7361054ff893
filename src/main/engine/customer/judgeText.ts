/** Whether what arrived for a step can be what its seller says: so many tokens of an answer. Pure, and what anybody could see. */
import { utf8Bytes } from '#shared/market/conversation.ts'

/** Shorter pieces repeat themselves in honest text, too. */
const LEAST_JUDGED_CHARACTERS = 64
/** A unit that fills a piece so many times is padding. */
const REPEATS_OF_PADDING = 4

/** What of a text may count as tokens: every one is a byte at the least, and a run of white space no more than one. */
export function countableBytes(text: string): number {
  return utf8Bytes(text.replaceAll(/\s+/g, ' ').trim())
}

/**
 * Why the newest piece of a text is no part of an answer, as a sentence; null when it may be one. `before`: what it follows.
 * Somebody who asks for a line a thousand times is told the same: such an answer is bought another way.
 */
export function findTextFault(before: string, piece: string): string | null {
  if (piece.trim() === '') return 'it sends nothing but white space'
  if (piece.length < LEAST_JUDGED_CHARACTERS) return null
  const borders = bordersOf(piece)
  // The length of the shortest unit that the whole is a repetition of, its last one perhaps cut short.
  const period = piece.length - (borders.at(-1) ?? 0)
  if (period * REPEATS_OF_PADDING <= piece.length) return 'it sends the same again and again'
  return isRepeated(before, piece, borders) ? 'it repeats what it sent before' : null
}

/** For every beginning of a text, how much of it its end repeats (Knuth, Morris and Pratt). */
function bordersOf(text: string): Int32Array {
  const borders = new Int32Array(text.length)
  for (let index = 1, border = 0; index < text.length; index++) {
    while (border > 0 && text[index] !== text[border]) border = borders[border - 1] ?? 0
    if (text[index] === text[border]) border += 1
    borders[index] = border
  }
  return borders
}

/** Whether the piece is at any earlier place, also one that overlaps with itself. `indexOf` would take minutes for a text that is made for that. */
function isRepeated(before: string, piece: string, borders: Int32Array): boolean {
  const end = before.length + piece.length - 1
  for (let index = 0, matched = 0; index < end; index++) {
    const character = index < before.length ? before[index] : piece[index - before.length]
    while (matched > 0 && character !== piece[matched]) matched = borders[matched - 1] ?? 0
    if (character === piece[matched]) matched += 1
    if (matched === piece.length) return true
  }
  return false
}
