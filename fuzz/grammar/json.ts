/** JSON as a hostile peer writes it: changed at the token, so that what comes out is often still JSON, and by value. */
import type { FuzzRandom } from '../random.ts'
import { anyText, changeText } from './text.ts'

const TOKEN = /"(?:[^"\\]|\\[^])*"|[{}[\],:]|[^\s{}[\],:"]+/g
const STRANGE_TOKENS: readonly string[] = [
  '{', '}', '[', ']', ',', ':', 'null', 'true', 'false', 'True', 'NaN', '""', '"__proto__"', '"constructor"', '"\\u0000"', '"\\ud800"', '"\\u202e"', '{}', '[]', '[[]]', '{"__proto__":null}',
  '{"__proto__":{"x":1},"constructor":{"prototype":{"x":1}}}', '0', '-0', '-1', '1.5', '1e400', '-1e400', '1e-400', '1E2', '01', '65535', '65536', '4294967296', '9007199254740991', '9007199254740993',
  '123456789012345678901234567890', `"${'f'.repeat(64)}"`, `"${'F'.repeat(64)}"`, '"0"', '"wss://relay.example"', '"\u202e"', '"\ud800"',
]
const PROTOTYPE_KEYS = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'toJSON', 'then', 'length', 'type', 'kind', 'ok'] as const
/** An example taken apart: examples come again and again. */
interface Taken {
  readonly tokens: readonly string[]
  /** Undefined when it is no JSON. */
  readonly value: unknown
}
const taken = new Map<string, Taken>()

/** A JSON text changed in its values, at some of its tokens, or as mere text. */
export function changeJson(random: FuzzRandom, json: string, others: readonly string[]): string {
  const { tokens, value } = takeApart(json)
  const choice = random.below(8)
  if (choice === 0) return changeText(random, json, others)
  if (choice < 4 && value !== undefined) return JSON.stringify(changeValue(random, value))
  const changed = [...tokens]
  for (let count = 1 + (random.oneIn(2) ? random.below(4) : 0); count > 0; count -= 1) changeTokens(random, changed)
  return changed.join(random.oneIn(20) ? ' ' : '')
}

function takeApart(json: string): Taken {
  let parts = taken.get(json)
  if (parts === undefined) {
    parts = { tokens: json.match(TOKEN) ?? [], value: readJson(json) }
    // A content that was itself changed comes once.
    if (taken.size < 1_000) taken.set(json, parts)
  }
  return parts
}

/** Undefined where there is no JSON. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function changeTokens(random: FuzzRandom, tokens: string[]): void {
  const at = random.below(tokens.length)
  const token = tokens[at] ?? ''
  switch (random.below(10)) {
    case 0:
      tokens[at] = random.pick(STRANGE_TOKENS)
      break
    case 1:
      tokens.splice(at, 1 + random.below(4))
      break
    case 2:
      tokens.splice(at, 0, ...tokens.slice(at, at + 1 + random.below(12)))
      break
    case 3:
      tokens.splice(at, 0, random.pick(STRANGE_TOKENS))
      break
    case 4: // a text changed inside of its quotes
      if (token.startsWith('"')) tokens[at] = JSON.stringify(changeText(random, token.slice(1, -1)))
      break
    case 5:
    case 6: // a member more, before the first that follows: a key twice, or one of a prototype's
      insertMember(random, tokens, at)
      break
    case 7: // the value of one member where another's was
      tokens[at] = tokens[random.below(tokens.length)] ?? ''
      break
    default:
      if (token.startsWith('"')) tokens[at] = JSON.stringify(anyText(random))
      else if (/^[-\d]/.test(token)) tokens[at] = random.pick(['-', '', '1e', '0.']) + token
  }
}

function insertMember(random: FuzzRandom, tokens: string[], from: number): void {
  const open = tokens.indexOf('{', from)
  const at = open === -1 ? tokens.indexOf('{') : open
  if (at === -1) return
  const known = tokens.filter((token, index) => tokens[index + 1] === ':' && token.startsWith('"'))
  const key = random.oneIn(2) && known.length > 0 ? random.pick(known) : JSON.stringify(random.oneIn(3) ? anyText(random) : random.pick(PROTOTYPE_KEYS))
  const member = [key, ':', random.oneIn(2) ? random.pick(STRANGE_TOKENS) : JSON.stringify(anyValue(random))]
  tokens.splice(at + 1, 0, ...member, ...(tokens[at + 1] === '}' ? [] : [',']))
}

/** Any value that a JSON text can hold; `__proto__` is an ordinary member where it is one. */
export function anyValue(random: FuzzRandom, depth = 3): unknown {
  const choice = random.below(depth > 0 ? 8 : 6)
  if (choice < 2) return anyText(random)
  if (choice === 2) return random.pick([0, -0, 1, -1, 1.5, 1e308, 2 ** 53, 65_535, 65_536, 4_294_967_296, Number.MIN_VALUE])
  if (choice === 3) return random.pick([null, true, false])
  if (choice < 6) return random.below(100_000)
  const count = random.below(4)
  if (choice === 6) return Array.from({ length: count }, () => anyValue(random, depth - 1))
  const members = Array.from({ length: count }, (): [string, unknown] => [random.oneIn(2) ? random.pick(PROTOTYPE_KEYS) : anyText(random, 3), anyValue(random, depth - 1)])
  return Object.fromEntries(members)
}

/** A value with one to three of its members, however deep, replaced, dropped, added or doubled. The original is left as it is. */
export function changeValue(random: FuzzRandom, value: unknown): unknown {
  let changed = value
  for (let count = 1 + (random.oneIn(2) ? random.below(3) : 0); count > 0; count -= 1) changed = changeOnce(random, changed)
  return changed
}

function changeOnce(random: FuzzRandom, value: unknown): unknown {
  if (random.oneIn(12)) return anyValue(random)
  if (typeof value === 'string') return random.oneIn(4) ? anyText(random) : changeText(random, value)
  if (typeof value === 'number') return random.pick([0, -0, -1, value + 1, value - 1, -value, value + 0.5, value * 1_000, 2 ** 53, 1e308, String(value)])
  if (Array.isArray(value)) return changeMembers(random, value, (item) => item, (item) => item)
  if (typeof value !== 'object' || value === null) return anyValue(random)
  return Object.fromEntries(
    changeMembers(
      random,
      Object.entries(value),
      ([, member]) => member,
      (member, [key]) => [key, member],
      () => [random.pick(PROTOTYPE_KEYS), anyValue(random)],
    ),
  )
}

function changeMembers<M>(random: FuzzRandom, members: readonly M[], read: (member: M) => unknown, write: (value: unknown, member: M) => unknown, create?: () => M): M[] {
  const copy = [...members]
  const at = random.below(copy.length)
  const member = copy[at]
  if (member === undefined || random.oneIn(6)) return create === undefined ? copy.concat(copy.slice(0, 3)) : [...copy, create()]
  if (random.oneIn(6)) copy.splice(at, 1)
  else copy[at] = write(changeOnce(random, read(member)), member) as M
  return copy
}
