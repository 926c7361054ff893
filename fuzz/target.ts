/** What is fuzzed: one parser behind one boundary, and how its inputs are made. A target is a few lines in `fuzz/targets`. */
import type { Result } from '#shared/market/result.ts'
import type { NostrEvent } from '#shared/protocol/event.ts'
import { DEFAULT_PARSE_LIMITS, parseEvent } from '#engine/nostr/eventParsing.ts'
import { changeEvent } from './grammar/event.ts'
import { anyValue, changeJson, changeValue, readJson } from './grammar/json.ts'
import { monsterJson, monsterText } from './grammar/monster.ts'
import { anyText, changeText } from './grammar/text.ts'
import type { FuzzRandom } from './random.ts'

/** Input is anything that JSON can hold, so that a case can be kept. */
export interface FuzzTarget<Input = unknown> {
  /** `file.function`, by which it is chosen, and by which the listing test knows that the function is fuzzed. */
  readonly name: string
  /** One case. The same random, the same input. */
  generate(random: FuzzRandom): Input
  /** What must return, whatever the input: the parser, or the boundary that catches what it throws. */
  parse(input: Input): unknown
  /** The input that the writer makes of what was read, which must read the same again; undefined where there was nothing to write. */
  rewrite?(output: unknown, input: Input): Input | undefined
  /** Whether an input keeps what the types promise the parser, so that a case made smaller is still one that can happen. */
  accepts(input: unknown): boolean
  /** True where another's implementation is part of what runs: once a case, and how long it takes is not judged. */
  readonly isUntimed?: boolean
}

/** Of every `MONSTER_ODDS` cases one is up to 64 KB large. */
const MONSTER_ODDS = 200

interface Writing<Input, Output> {
  /** As in `FuzzTarget`. */
  rewrite?(output: Output, input: Input): Input | undefined
}

/** A parser of a text that is not JSON as a whole. `examples` are good texts. */
export function textTarget<Output>(name: string, examples: readonly string[], parse: (text: string) => Output, writing: Writing<string, Output> = {}): FuzzTarget<string> {
  const generate = (random: FuzzRandom) => {
    const example = random.pick(examples)
    if (random.oneIn(MONSTER_ODDS)) return monsterText(random, example)
    return random.oneIn(10) ? anyText(random, 30) : changeText(random, example, examples)
  }
  return { name, generate, parse, accepts: (input) => typeof input === 'string', ...writing }
}

/** A parser of a JSON text. */
export function jsonTarget<Output>(name: string, examples: readonly string[], parse: (text: string) => Output, writing: Writing<string, Output> = {}): FuzzTarget<string> {
  const generate = (random: FuzzRandom) => {
    const example = random.pick(examples)
    if (random.oneIn(MONSTER_ODDS)) return random.oneIn(2) ? monsterJson(random, example) : monsterText(random, example)
    if (random.oneIn(20)) return random.oneIn(2) ? anyText(random, 30) : JSON.stringify(anyValue(random, 5)) // noise
    return changeJson(random, example, examples)
  }
  return { name, generate, parse, accepts: (input) => typeof input === 'string', ...writing }
}

/** A parser of a value that was JSON: the examples are good values. */
export function valueTarget<Output>(name: string, examples: readonly unknown[], parse: (value: unknown) => Output, writing: Writing<unknown, Output> = {}): FuzzTarget {
  const texts = examples.map((example) => JSON.stringify(example))
  const generate = (random: FuzzRandom): unknown => {
    if (random.oneIn(MONSTER_ODDS)) return readJson(monsterJson(random, random.pick(texts))) ?? null
    if (random.oneIn(20)) return anyValue(random, 5)
    if (random.oneIn(3)) return changeValue(random, random.pick(examples))
    return readJson(changeJson(random, random.pick(texts), texts)) ?? changeValue(random, random.pick(examples))
  }
  return { name, generate, parse, accepts: () => true, ...writing }
}

/** A parser of an event that `parseEvent` has passed: its shape is right, and nothing else is. */
export function eventTarget<Output>(
  name: string,
  examples: readonly NostrEvent[],
  parse: (event: NostrEvent) => Output,
  writing: Writing<NostrEvent, Output> = {},
): FuzzTarget<NostrEvent> {
  return {
    name,
    generate: (random) => changeEvent(random, examples),
    parse,
    accepts: (input) => parseEvent(input, DEFAULT_PARSE_LIMITS).ok,
    ...writing,
  }
}

/** For `rewrite`: the value of a `Result` that is one. */
export function valueOf<Value>(result: Result<Value, unknown>): Value | undefined {
  return result.ok ? result.value : undefined
}
