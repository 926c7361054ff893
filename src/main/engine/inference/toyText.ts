import type { ChatMessage } from './backend.ts'
import { solveArithmetic } from './toyArithmetic.ts'

/**
 * What the toy writes: a pure function of the conversation and the seed. No language model is in here, and the text
 * says so.
 */
export function writeToyAnswer(messages: readonly ChatMessage[], seed: number): string {
  const prompts = messages.filter((message) => message.role === 'user').map((message) => message.content)
  const prompt = (prompts.at(-1) ?? '').trim()
  const earlier = prompts.at(-2) ?? null
  if (prompt === '') return 'You sent an empty message. I am Souk’s toy, so anything you write will do.'

  if (isAboutEarlier(prompt)) return writeRecollection(earlier)
  const length = readRequestedLength(prompt)
  if (length !== null) return writeWords(length, seed)
  const sum = solveArithmetic(prompt)
  if (sum !== null) return sum
  if (/\bcode\b|\bfunction\b|\bprogram\b|\bscript\b/i.test(prompt)) return writeCode(prompt)
  if (/\blists?\b|\bsteps\b|\bbullets?\b|\btable\b/i.test(prompt)) return writeList(prompt)
  if (/^(hi|hello|hey|good (morning|evening|day)|gm|hola|salut|hallo)\b/i.test(prompt)) {
    return 'Hello! I am Souk’s toy: a small text generator, not a language model. Ask me for a sum, a list, some code, or “write 200 words”, and watch the answer stream in.'
  }
  return writeParagraph(prompt, seed)
}

const SUBJECTS = ['A market', 'A small seller', 'A careful buyer', 'The relay', 'An open door', 'A fair price', 'The next visitor', 'A patient machine', 'Every stall', 'A short answer']
const VERBS = ['weighs', 'carries', 'keeps', 'answers', 'remembers', 'counts', 'passes on', 'looks after', 'measures', 'offers']
const OBJECTS = ['one word at a time', 'what was agreed', 'the day’s trade', 'a question from far away', 'more than it promised', 'the change to the last coin', 'its own ledger', 'a quiet corner', 'the morning’s first job', 'whatever comes next']
const MAX_WORDS = 100_000

function isAboutEarlier(prompt: string): boolean {
  return /what (did|have) i (just )?(say|said|ask|asked|write|written|tell)|my (last|previous|earlier|first) (message|question)|said before|asked before/i.test(prompt)
}

function writeRecollection(earlier: string | null): string {
  if (earlier === null) return 'This is the first message of our conversation that reached me, so you said nothing before it.'
  return `Just before this you wrote:\n\n> ${shorten(earlier, 400).replaceAll('\n', '\n> ')}\n\nI am a toy, but the conversation did travel.`
}

function readRequestedLength(prompt: string): number | null {
  const match = /\b(?:write|generate|give me|produce|say)\D{0,30}?\b(\d{1,6})\s+(?:words?|tokens?)\b/i.exec(prompt)
  return match === null ? null : Math.min(Number(match[1]), MAX_WORDS)
}

/** Exactly `count` words, in sentences and paragraphs. */
function writeWords(count: number, seed: number): string {
  const next = createSequence(seed)
  const words: string[] = []
  let sentences = 0
  while (words.length < count) {
    const sentence = writeSentence(next).split(' ')
    sentences += 1
    if (sentences % 6 === 0) sentence.push(`${sentence.pop() ?? ''}\n\n`)
    words.push(...sentence)
  }
  const text = words.slice(0, count).join(' ').replaceAll('\n\n ', '\n\n').trimEnd()
  return count === 0 ? '' : text.replace(/[.,]?$/, '.')
}

function writeSentence(next: (below: number) => number): string {
  const pick = (list: readonly string[]) => list[next(list.length)] ?? ''
  return `${pick(SUBJECTS)} ${pick(VERBS)} ${pick(OBJECTS)}.`
}

function writeCode(prompt: string): string {
  if (/python/i.test(prompt)) return `Here is a small example:\n\n\`\`\`python\ndef greet(name: str) -> str:\n    return f"Hello, {name}!"\n\n\nprint(greet("Souk"))\n\`\`\`\n\nA toy always writes the same greeting; a real model would write what you asked for.`
  return `Here is a small example:\n\n\`\`\`ts\nexport function greet(name: string): string {\n  return \`Hello, \${name}!\`\n}\n\nconsole.log(greet('Souk'))\n\`\`\`\n\nA toy always writes the same greeting; a real model would write what you asked for.`
}

function writeList(prompt: string): string {
  return `Three things about “${shorten(prompt, 60)}”:\n\n1. **It arrived.** Your message travelled to this seller through the market.\n2. **It was answered here.** This is Souk’s toy, a text generator without a language model.\n3. **It streams.** Every word was sent as soon as it was made.`
}

function writeParagraph(prompt: string, seed: number): string {
  const next = createSequence(seed ^ hashText(prompt))
  const sentences = Array.from({ length: 3 }, () => writeSentence(next)).join(' ')
  return `You asked: “${shorten(prompt, 120)}”. ${sentences}\n\nThis was written by Souk’s toy, which has no language model behind it. With Ollama running on the seller’s computer, a real model would answer here.`
}

function shorten(text: string, maxChars: number): string {
  const line = text.trim()
  if (line.length <= maxChars) return line
  // Never half of a surrogate pair.
  return `${line.slice(0, maxChars).replace(/[\uD800-\uDBFF]$/, '')}…`
}

/** FNV-1a, 32 bits. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return hash >>> 0
}

/** Mulberry32: the same seed gives the same numbers everywhere. */
function createSequence(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}
