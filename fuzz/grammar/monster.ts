/** The largest that is promised an answer within 50 ms: one piece over and over, aimed at regular expressions, recursion and quadratic loops. */
import type { FuzzRandom } from '../random.ts'
import { NASTY_PIECES } from './text.ts'

export const MONSTER_CHARS = 65_536

const UNITS: readonly string[] = [
  '[', ']', '{"a":', '[[],', '{"":[', '"', '\\', '\\"', '"\\', ' ', '\n', '\r\n', '\t', '/', '://', '?', '&', '&relay=wss://a', '&secret=', '#', '@', ':', ',', '.', '-', '%', '%2', '%00', '=', '+', '_', '0', '9', 'a', 'f', 'A',
  '\u0000', '\u0001', '\u00a0', '\u200b', '\u202e', '\u2028', '\ud800', 'é', '€', '😀', 'e\u0301', '\u0301', 'True ', 'None,', '"True" ', 'nullnull', '[]', '{}', '[],', '{},', '"",', '"a":1,', '"__proto__":{},', '[""],', '["e",""],', '0,', '1e5,',
  'lnbc', '1', 'q', '1q', 'wss://', 'User: ', '\nUser: ', '\n\nAssistant: ', 'Answer the last message.\n\nUser: ', '\n', ' \n', 'job_', '\\u0000', '\\ud800', 'a b ', 'aA',
]

/** How large: mostly some KB, one in three the whole 64. */
function monsterLength(random: FuzzRandom): number {
  return random.oneIn(3) ? MONSTER_CHARS : 2 ** (8 + random.below(8)) + random.below(256)
}

/** One piece repeated, between the beginning of a good text and an end that fits or does not. */
export function monsterText(random: FuzzRandom, example: string): string {
  const length = monsterLength(random)
  const at = random.below(example.length + 1)
  const head = random.oneIn(2) ? example.slice(0, at) : ''
  const tail = random.pick(['', '"', '}', ']', '!', '\n', '\u0000', '\ud800', example.slice(at)])
  const unit = random.oneIn(6) ? random.pick(NASTY_PIECES) + random.pick(UNITS) : random.pick(UNITS)
  return (head + unit.repeat(Math.ceil(Math.max(0, length - head.length - tail.length) / unit.length))).slice(0, Math.max(0, length - tail.length)) + tail
}

/** JSON that is large and right: deep, wide, long, or with thousands of members. At most about 64 KB. */
export function monsterJson(random: FuzzRandom, example: string): string {
  const length = monsterLength(random)
  switch (random.below(5)) {
    case 0: {
      const depth = Math.floor(length / 2)
      return '['.repeat(depth) + ']'.repeat(depth)
    }
    case 1: {
      const depth = Math.floor(length / 6)
      return '{"a":'.repeat(depth) + '1' + '}'.repeat(depth)
    }
    case 2:
      return `{${Array.from({ length: Math.floor(length / 12) }, (_, index) => `"k${index}":${index}`).join(',')}}`
    case 3: // a good one with one of its values grown
      return example.replace(/"(?:[^"\\]|\\.)*"(?!\s*:)/, () => JSON.stringify(random.pick(UNITS).repeat(length).slice(0, Math.floor(length / 6))))
    default: {
      const item = random.pick(['""', '[]', '{}', '0', '[""]', '["e","a"]', '{"id":1}', '"\\u0000"', '1e5', 'null', `"${'a'.repeat(64)}"`])
      const list = `[${Array.from({ length: Math.floor(length / (item.length + 1)) }, () => item).join(',')}]`
      return random.oneIn(2) ? list : example.replace(/\[[^[\]]*\]/, () => list)
    }
  }
}
