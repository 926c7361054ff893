/** What a hostile peer would send: arbitraries for the fuzz tests of parsers. */
import * as fc from 'fast-check'

const KEYS = ['__proto__', 'constructor', 'prototype', 'toString', 'type', 'x']

/** Any text, with the characters that break parsers and screens. */
export function hostileText(): fc.Arbitrary<string> {
  return fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.constantFrom('', '__proto__', '\ud800', '\u0000', '\u202e', '"', '\\', '\\"', '{}', 'True', '9007199254740993', '-0', '1e400'),
  )
}

/** Any value that a JSON text can hold, prototype keys among the names. */
export function hostileValue(): fc.Arbitrary<unknown> {
  return fc.oneof(
    hostileText(),
    fc.constantFrom<unknown>(null, true, -1, 0, 1.5, 2 ** 53, Number.MAX_VALUE, []),
    fc.array(hostileText(), { maxLength: 5 }),
    fc.dictionary(fc.constantFrom(...KEYS), fc.oneof(hostileText(), fc.integer()), { maxKeys: 3 }),
    fc.jsonValue({ maxDepth: 3 }),
  )
}

/** JSON texts: good shapes with fields replaced, added, cut short, and plain garbage. */
export function hostileJson(shapes: readonly object[]): fc.Arbitrary<string> {
  const changed = fc
    .tuple(fc.constantFrom(...shapes), fc.nat(12), hostileValue(), fc.constantFrom(...KEYS), hostileValue())
    .map(([shape, index, replacement, key, added]) => {
      const entries = Object.entries(shape)
      const field = entries[index % Math.max(1, entries.length)]?.[0] ?? 'type'
      const body = Object.entries({ ...shape, [field]: replacement })
        .map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`)
        .join(',')
      // Written by hand: an object literal would set the prototype where JSON.parse makes an own key.
      return `{${body},${JSON.stringify(key)}:${JSON.stringify(added)}}`
    })
  return fc.oneof(
    changed,
    fc.tuple(changed, fc.nat(300)).map(([json, length]) => json.slice(0, length)),
    hostileValue().map((value) => JSON.stringify(value)),
    hostileText(),
  )
}

/** Tags of an event: known names with any values, empty tags, long ones. */
export function hostileTags(names: readonly string[]): fc.Arbitrary<string[][]> {
  const tag = fc.tuple(fc.constantFrom(...names, ''), fc.array(hostileText(), { maxLength: 4 })).map(([name, values]) => [name, ...values])
  return fc.array(fc.oneof(tag, fc.constant<string[]>([])), { maxLength: 12 })
}

/** Whether neither the value's prototype nor everyone's was touched. */
export function isUnpolluted(value: object): boolean {
  const fresh: Record<string, unknown> = {}
  return Object.getPrototypeOf(value) === Object.prototype && fresh['x'] === undefined && Object.keys(Object.prototype).length === 0
}
