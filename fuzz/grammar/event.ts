/** Events as a parser gets them: of the right shape, for `parseEvent` has passed them, and with everything inside changed. */
import type { NostrEvent } from '#shared/protocol/event.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import type { FuzzRandom } from '../random.ts'
import { changeJson } from './json.ts'
import { MONSTER_CHARS, monsterJson, monsterText } from './monster.ts'
import { anyHex, anyText, changeText, NASTY_PIECES } from './text.ts'

const KINDS = [...Object.values(KIND), 0, 1, 65_535]
const TAG_NAMES = [
  'e', 'p', 'a', 'd', 'k', 'i', 't', 'r', 'param', 'output', 'bid', 'relays', 'relay', 'encrypted', 'status', 'amount', 'price', 'model', 'capability', 'network', 'channel', 'dialect', 'handler',
  'expiration', 'part', 'sha256', 'nonce', 'word', 'content', 'request', 'usage', 'payment_hash', '__proto__', 'constructor',
]

/** One of the examples with one to four changes; once in 200 times as large as a relay takes. */
export function changeEvent(random: FuzzRandom, examples: readonly NostrEvent[]): NostrEvent {
  const example = random.pick(examples)
  const contents = examples.map(({ content }) => content)
  const event = { ...example, tags: example.tags.map((tag) => [...tag]) }
  if (random.oneIn(200)) return growEvent(random, event)
  for (let count = 1 + random.below(4); count > 0; count -= 1) {
    switch (random.below(12)) {
      case 0:
        event.kind = random.oneIn(3) ? random.pick(KINDS) : event.kind
        break
      case 1:
        event.created_at = random.pick([0, Math.min(event.created_at + random.below(5_000), Number.MAX_SAFE_INTEGER), Math.max(0, event.created_at - random.below(5_000)), Number.MAX_SAFE_INTEGER])
        break
      case 2:
        event.pubkey = random.oneIn(2) ? random.pick(examples).pubkey : anyHex(random, 64)
        break
      case 3:
        event.id = anyHex(random, 64)
        break
      case 4:
      case 5:
      case 6:
        event.content = changeContent(random, event.content, contents)
        break
      default:
        changeTags(random, event.tags)
    }
  }
  return event
}

function changeContent(random: FuzzRandom, content: string, others: readonly string[]): string {
  if (random.oneIn(8)) return anyText(random)
  return content.startsWith('{') || content.startsWith('[') ? changeJson(random, content, others) : changeText(random, content, others)
}

function changeTags(random: FuzzRandom, tags: string[][]): void {
  const at = random.below(tags.length)
  const tag = tags[at]
  const choice = random.below(9)
  if (tag === undefined || choice === 0) {
    tags.splice(at, 0, [random.pick(TAG_NAMES), ...Array.from({ length: random.below(5) }, () => anyTagValue(random, tags))])
    return
  }
  const position = random.below(tag.length)
  if (choice === 1) tags.splice(at, 1)
  else if (choice === 2) tags.splice(random.below(tags.length), 0, [...tag])
  else if (choice === 3) tags.push(...tags.splice(at, 1))
  else if (choice === 4) tag.splice(1 + position)
  else if (choice === 5) tag.splice(1 + position, 0, anyTagValue(random, tags))
  else if (choice === 6) tag[position] = changeText(random, tag[position] ?? '')
  else tag[Math.max(position, Math.min(1, tag.length - 1))] = anyTagValue(random, tags)
}

function anyTagValue(random: FuzzRandom, tags: readonly (readonly string[])[]): string {
  if (random.oneIn(4)) return anyHex(random, 64)
  if (random.oneIn(4)) return anyText(random)
  return random.oneIn(3) && tags.length > 0 ? random.pick(random.pick(tags)) : random.pick(NASTY_PIECES)
}

function growEvent(random: FuzzRandom, event: NostrEvent & { content: string; tags: string[][] }): NostrEvent {
  if (random.oneIn(2)) return { ...event, content: random.oneIn(2) ? monsterJson(random, event.content) : monsterText(random, event.content) }
  const tag = event.tags.length === 0 || random.oneIn(3) ? [random.pick(TAG_NAMES), anyTagValue(random, event.tags)] : random.pick(event.tags)
  const position = random.below(tag.length)
  if (random.oneIn(3)) return { ...event, tags: [...event.tags, tag.map((value, index) => (index === position ? monsterText(random, value) : value))] }
  const size = tag.reduce((sum, value) => sum + value.length + 3, 3)
  // As many as `parseEvent` lets through, alike or each a little different.
  const count = Math.min(1_990, Math.floor(MONSTER_CHARS / size))
  const isAlike = random.oneIn(2)
  const more = Array.from({ length: count }, (_, number) => (isAlike ? [...tag] : tag.map((value, index) => (index === Math.min(1, tag.length - 1) ? `${value.slice(0, -4)}${number.toString(16).padStart(4, '0')}` : value))))
  return { ...event, tags: random.oneIn(2) ? [...event.tags, ...more] : [...more, ...event.tags] }
}
