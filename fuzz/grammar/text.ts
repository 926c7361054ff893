/** Texts as a hostile peer writes them: good ones changed in places, pieces that break parsers, and noise. */
import type { FuzzRandom } from '../random.ts'

/** What breaks parsers, screens, prototypes and regular expressions. */
export const NASTY_PIECES: readonly string[] = [
  '', ' ', '\n', '\r', '\t', '\u0000', '\u0001', '\u001b[31m', '\u007f', '\u0085', '\u00a0', '\u00ad', '\u200b', '\u200d', '\u202e', '\u2028', '\u2029', '\u2066', '\ufeff', '\uffff',
  '\ud800', '\udfff', '\ud83d', '🛒', '👩‍👩‍👧‍👦', 'e\u0301', 'é', '\u212b', 'İ', 'ı', 'ſ', 'K', 'ß', 'ﬁ', '１２', 'а',
  '"', '\\', '\\"', '\\u0000', '\\ud800', '\\u', '/', '//', '?', '&', '#', '@', '%', '%00', '%zz', '+', '=', ':', ';', ',', '.', '..', '-', '_', '$&', '$1', '`', '${x}', '<script>', "'",
  '{', '}', '[', ']', '{}', '[]', '[[', '{"', 'null', 'true', 'false', 'True', 'None', 'NaN', 'Infinity', 'undefined', '[object Object]',
  '__proto__', 'constructor', 'prototype', 'toString', 'valueOf', 'hasOwnProperty', 'toJSON', 'then', 'length',
  '0', '0.0000001', '+1', ' 1', '-0', '-1', '1.5', '1e400', '1E5', '00', '0x10', '65535', '65536', '2147483648', '4294967295', '4294967296', '9007199254740991', '9007199254740993', '18446744073709551616',
  'User: ', '\n\nAssistant: ', 'Answer the last message.\n\nUser: ', 'wss://', 'ws://', 'lnbc', 'nostr:', 'bitcoin:', 'sha256', '5050',
  'a'.repeat(64), 'A'.repeat(64), '0'.repeat(63), 'f'.repeat(65), '0'.repeat(128),
]

/** Whatever a text may be made of. */
export function anyText(random: FuzzRandom, maxPieces = 8): string {
  let text = ''
  for (let count = random.below(maxPieces); count > 0; count -= 1) {
    text += random.oneIn(3) ? String.fromCharCode(random.below(random.oneIn(2) ? 0x80 : 0x1_0000)) : random.pick(NASTY_PIECES)
  }
  return text
}

/** A text with one to four changes in places. `others` are good texts from which pieces are borrowed. */
export function changeText(random: FuzzRandom, text: string, others: readonly string[] = NASTY_PIECES): string {
  let changed = text
  for (let count = 1 + random.below(4); count > 0; count -= 1) changed = changeOnce(random, changed, others)
  return changed
}

function changeOnce(random: FuzzRandom, text: string, others: readonly string[]): string {
  const at = random.below(text.length + 1)
  const end = Math.min(text.length, at + 1 + random.below(random.oneIn(4) ? text.length + 1 : 8))
  const before = text.slice(0, at)
  const after = text.slice(at)
  const piece = text.slice(at, end)
  switch (random.below(10)) {
    case 0:
      return before + String.fromCharCode((text.charCodeAt(at) || 0) ^ (1 << random.below(random.oneIn(4) ? 16 : 7))) + text.slice(at + 1)
    case 1:
      return before + random.pick(NASTY_PIECES) + after
    case 2:
      return before + random.pick(NASTY_PIECES) + text.slice(end)
    case 3:
      return before + text.slice(end)
    case 4:
      return before + piece + after
    case 5:
      return before + (random.oneIn(2) ? piece.toUpperCase() : piece.toLowerCase()) + text.slice(end)
    case 6:
      return before + random.pick(others).slice(random.below(40)) // the end of another one
    case 7:
      return before
    case 8:
      return before + piece.normalize(random.pick(['NFD', 'NFKC'])) + text.slice(end)
    default:
      return before + piece.repeat(1 + random.below(20)) + after
  }
}

/** Hex of that many characters. */
export function anyHex(random: FuzzRandom, length: number): string {
  let hex = ''
  while (hex.length < length) hex += random.below(0x1000_0000).toString(16).padStart(7, '0')
  return hex.slice(0, length)
}
