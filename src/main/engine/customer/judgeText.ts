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
  if (periodOf(piece) * REPEATS_OF_PADDING <= piece.length) return 'it sends the same again and again'
  // At any earlier place, also one that overlaps with the piece itself.
  return (before + piece).indexOf(piece) < before.length ? 'it repeats what it sent before' : null
}

/** The length of the shortest unit that the whole text is a repetition of, its last one perhaps cut short (Knuth, Morris and Pratt). */
function periodOf(text: string): number {
  const borders = [0]
  for (let index = 1, border = 0; index < text.length; index++) {
    while (border > 0 && text[index] !== text[border]) border = borders[border - 1] ?? 0
    if (text[index] === text[border]) border += 1
    borders.push(border)
  }
  return text.length - (borders.at(-1) ?? 0)
}
