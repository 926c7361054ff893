/** What a passphrase over the secrets has to be, wherever it is typed. Lengths are UTF-16 code units, as an input field counts them. */

/** Against a hurried choice; scrypt makes each guess cost a tenth of a second, and length does the rest. */
export const MIN_PASSPHRASE_CHARS = 8
export const MAX_PASSPHRASE_CHARS = 1_024

/** From what is refused to what outlasts whoever copied the disk. */
export type PassphraseStrength = 'too-short' | 'weak' | 'fair' | 'strong'

/** Bits from which a passphrase is fair, and strong: at ten guesses a second on each of 10,000 machines, 44 bits take six years. */
const FAIR_BITS = 32
const STRONG_BITS = 44
/** Of a word that a person picks, of some two thousand that come to mind. */
const BITS_PER_WORD = 11
/** Of a letter in text, which is not random, and of one that was there before. */
const BITS_PER_LETTER = 3.5
const BITS_PER_REPEAT = 2.5
const BITS_PER_DIGIT = 3.3
const BITS_PER_SIGN = 5

/**
 * How long a passphrase would keep a guesser busy, as a word. A guess, on the low side: repeated and neighbouring
 * characters (aaaa, 1234, abcd, qwer) count once, and so does what was there before (abcabc), letters as text and not as random, and words as words.
 */
export function judgePassphrase(passphrase: string): PassphraseStrength {
  if (passphrase.length < MIN_PASSPHRASE_CHARS) return 'too-short'
  const bits = Math.min(bitsOfCharacters(passphrase), bitsOfWords(passphrase))
  return bits < FAIR_BITS ? 'weak' : bits < STRONG_BITS ? 'fair' : 'strong'
}

const ROWS = ['abcdefghijklmnopqrstuvwxyz', '01234567890', 'qwertyuiop', 'asdfghjkl', 'zxcvbnm', 'qwertzuiop', 'azertyuiop']

function isNextTo(before: string, character: string): boolean {
  return before === character || ROWS.some((row) => row.includes(before + character) || row.includes(character + before))
}

function bitsOfCharacters(passphrase: string): number {
  const seen = new Set<string>()
  let bits = 0
  let before = ''
  for (const character of passphrase.toLowerCase()) {
    const pair = before + character
    if (before === '' || !(isNextTo(before, character) || seen.has(pair))) bits += seen.has(character) ? BITS_PER_REPEAT : bitsOf(character)
    seen.add(character).add(pair)
    before = character
  }
  return bits
}

function bitsOf(character: string): number {
  return /\p{Letter}|\s/u.test(character) ? BITS_PER_LETTER : /\d/.test(character) ? BITS_PER_DIGIT : BITS_PER_SIGN
}

/** Words that are apart count as words, each once; one alone may be anything. */
function bitsOfWords(passphrase: string): number {
  const all = passphrase.toLowerCase().split(/[\s\-_.,]+/u).filter(Boolean)
  const words = new Set(all)
  return all.length < 2 ? Infinity : [...words].reduce((bits, word) => bits + Math.min(BITS_PER_WORD + 2 * (word.match(/[^\p{Letter}]/gu)?.length ?? 0), 4 * word.length), 0)
}
