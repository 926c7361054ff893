/** Which words of a phrase are asked for, to see that it was written down. */

export const ASKED_WORDS = 3

/** Different places of `count`, 0-based, in order. `random` gives whole numbers from 0 to below its argument. */
export function chooseWords(count: number, random: (below: number) => number): number[] {
  const places = Array.from({ length: count }, (_, place) => place)
  const chosen = Array.from({ length: Math.min(ASKED_WORDS, count) }, () => places.splice(random(places.length), 1)[0] ?? 0)
  return chosen.sort((a, b) => a - b)
}

/** Words of the browser's own generator: each place is as likely as another. */
export function randomBelow(below: number): number {
  const limit = Math.floor(0x1_0000_0000 / below) * below
  const drawn = new Uint32Array(1)
  do crypto.getRandomValues(drawn)
  while ((drawn[0] ?? 0) >= limit)
  return (drawn[0] ?? 0) % below
}

export function wordsOf(phrase: string): string[] {
  return phrase.trim().split(/\s+/).filter(Boolean)
}
