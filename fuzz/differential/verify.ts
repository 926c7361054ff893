/** Events on the wire, most of them wrong in one place, some of them signed as they are. */
import { allEvents } from '../examples.ts'
import { anyHex, anyText, changeText, NASTY_PIECES } from '../grammar/text.ts'
import type { FuzzRandom } from '../random.ts'
import { BROKEN_SIGNATURES, hashOf, PUBKEY, signId } from './signatures.ts'

/** An event's fields, of any type. */
type Fields = Record<string, unknown>

const NUMBERS: readonly unknown[] = [0, 1, -1, 1.5, -0.5, 42, 65_535, 65_536, 2 ** 31, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 1e21, 1e300, -(2 ** 53), 5e-324, '1', '0', null, true, [], {}]
/** How the same number can be spelled: `JSON.parse` does not tell them apart. */
const SPELLINGS: readonly string[] = ['-0', '1.0', '1e0', '1E+0', '10e-1', '1e3', '1735364318.0', '17353643180e-1', '0.1e1', '1e400', '9007199254740993', '65535.00000000001']

/** The text that is hashed, NIP-01's and every slip in it that was ever made. */
const SERIALIZERS: readonly ((event: Fields) => string)[] = [
  serialize,
  (event) => serialize(event).replaceAll('/', '\\/'),
  (event) => serialize(event).replaceAll('\\u00', '\\u00'.toUpperCase()),
  (event) => serialize(event).replaceAll(/\\u00[01][0-9a-f]/g, (escape) => String.fromCharCode(Number.parseInt(escape.slice(2), 16))),
  (event) => serialize(event).replaceAll(/\\[bf]/g, (escape) => (escape === '\\b' ? '\\u0008' : '\\u000c')),
  (event) => serialize(event).replaceAll(/[\u007f-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`),
  (event) => serialize(event).replaceAll(/\\ud[89a-f][0-9a-f]{2}/g, '\ufffd'),
  (event) => serialize(event).normalize('NFC'),
  (event) => serialize(event).normalize('NFD'),
  (event) => serialize(event).replaceAll('\\n', '\\r\\n'),
  (event) => serialize(event).replaceAll(',', ', '),
  (event) => `${serialize(event)}\n`,
  (event) => JSON.stringify([event['pubkey'], event['created_at'], event['kind'], event['tags'], event['content']]),
  (event) => JSON.stringify([0, event['pubkey'], event['kind'], event['created_at'], event['tags'], event['content']]),
  (event) => JSON.stringify([0, event['pubkey'], String(event['created_at']), event['kind'], event['tags'], event['content']]),
]

function serialize(event: Fields): string {
  return JSON.stringify([0, event['pubkey'], event['created_at'], event['kind'], event['tags'], event['content']])
}

/** The JSON of one event. One in 25 is signed in earnest (that takes milliseconds), the rest by somebody who saw other fields. */
export function anyWireEvent(random: FuzzRandom): string {
  const event: Fields = { ...random.pick(allEvents) }
  if (random.oneIn(20)) return JSON.stringify(event)
  if (random.oneIn(25)) return JSON.stringify(signAnew(random, event))
  changeFields(random, event)
  // The right id for what it says now, so that only the signature is wrong.
  if (random.oneIn(25)) event['id'] = hashOf(serialize(event))
  const text = JSON.stringify(event)
  if (random.oneIn(15)) return text.replace(/("kind"|"created_at"):[-\d]+/, (_, name: string) => `${name}:${random.pick(SPELLINGS)}`)
  if (random.oneIn(15)) return text.replace(/"(?:id|pubkey|sig|content)":/, (name) => `${name}${JSON.stringify(random.pick(NASTY_PIECES))},${name}`) // the last counts
  return text
}

/** Signed as it is now: accepted, unless its id is that of a text which is not NIP-01's. */
function signAnew(random: FuzzRandom, event: Fields): Fields {
  const choice = random.below(8)
  event['pubkey'] = PUBKEY
  if (choice < 3) event['content'] = changeText(random, String(event['content'])) + anyText(random)
  else if (choice === 3) event['tags'] = anyTags(random)
  else if (choice === 4) event[random.pick(['kind', 'created_at'])] = random.pick(NUMBERS)
  event['id'] = hashOf((choice < 4 ? random.pick(SERIALIZERS) : serialize)(event))
  event['sig'] = choice === 5 ? random.pick(Object.values(BROKEN_SIGNATURES))(String(event['id'])) : signId(String(event['id']))
  if (choice === 6) event[random.pick(['id', 'pubkey', 'sig'])] = String(event[random.pick(['id', 'pubkey', 'sig'])]).toUpperCase()
  if (choice === 7) addField(random, event)
  return event
}

function addField(random: FuzzRandom, event: Fields): void {
  const name = random.pick(['verified', 'toJSON', 'constructor', '__proto__', 'relay', ''])
  Object.defineProperty(event, name, { value: random.pick([true, {}, 'x', { content: 'x' }]), enumerable: true, configurable: true })
}

function changeFields(random: FuzzRandom, event: Fields): void {
  for (let count = 1 + (random.oneIn(4) ? random.below(3) : 0); count > 0; count -= 1) {
    const name = random.pick(['id', 'pubkey', 'sig', 'sig', 'content', 'content', 'tags', 'kind', 'created_at', 'more'])
    if (name === 'content') event[name] = random.oneIn(10) ? random.pick(NUMBERS) : changeText(random, String(event[name]))
    else if (name === 'tags') event[name] = random.oneIn(3) ? anyTags(random) : [...(Array.isArray(event[name]) ? (event[name] as unknown[]) : []), ['t', anyText(random)]]
    else if (name === 'kind' || name === 'created_at') event[name] = random.oneIn(2) ? random.pick(NUMBERS) : Number(event[name]) + 1
    else if (name === 'more') addField(random, event)
    else event[name] = changeHex(random, String(event[name]), event)
  }
}

function changeHex(random: FuzzRandom, hex: string, event: Fields): unknown {
  const at = random.below(hex.length + 1)
  switch (random.below(8)) {
    case 0:
      return hex.toUpperCase()
    case 1:
      return hex.slice(0, at)
    case 2:
      return hex + random.pick(['0', '00', '\n', ' ', 'g'])
    case 3:
      return anyHex(random, hex.length)
    case 4: // another field's, or another event's
      return random.pick([event['id'], event['pubkey'], event['sig'], ...Object.values(random.pick(allEvents))])
    case 5:
      return changeText(random, hex)
    default:
      return hex.slice(0, at) + ((Number.parseInt(hex.charAt(at) || '0', 16) ^ (1 << random.below(4))) & 15).toString(16) + hex.slice(at + 1)
  }
}

function anyTags(random: FuzzRandom): unknown {
  if (random.oneIn(6)) return random.pick<unknown>([null, {}, 'e', [[]], [['e'], []], [[1]], [[null]], [['e', ['x']]], [{}]])
  return Array.from({ length: random.below(5) }, () => Array.from({ length: 1 + random.below(4) }, () => anyText(random)))
}
