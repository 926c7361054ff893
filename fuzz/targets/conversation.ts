import { parseConversation, renderConversation, type ConversationMessage, type ConversationTurn } from '#shared/market/conversation.ts'
import { anyText, changeText } from '../grammar/text.ts'
import type { FuzzRandom } from '../random.ts'
import { textTarget, type FuzzTarget } from '../target.ts'

interface Exchange {
  readonly turns: readonly ConversationTurn[]
  readonly prompt: string
}

const OPENING = 'The conversation so far:'
const UNLIMITED = Number.MAX_SAFE_INTEGER
const PIECES = ['User: ', 'Assistant: ', 'User:', '\nUser: ', '\n\nAssistant: ', '\r', '\u2028', ' ', 'Answer the last message.', 'Answer the last message.\n\nUser: ', `${OPENING}\n\n`, 'hello', '\n\n', '$&']
const examples = [
  renderConversation([{ prompt: 'one', answer: 'first' }, { prompt: 'two\nlines', answer: 'second: User: x' }], 'three', UNLIMITED).prompt,
  renderConversation([], 'alone', UNLIMITED).prompt,
]

function anyPart(random: FuzzRandom): string {
  let part = random.oneIn(8) ? anyText(random) : ''
  for (let count = random.below(5); count >= 0; count -= 1) part += random.oneIn(6) ? changeText(random, 'User: hello') : random.pick(PIECES)
  return part
}

/** Whoever answered earlier must not be able to speak as somebody else, nor the prompt be taken apart. */
const rendered: FuzzTarget<Exchange> = {
  name: 'conversation.renderConversation',
  generate: (random) => ({ turns: Array.from({ length: random.below(4) }, () => ({ prompt: anyPart(random), answer: anyPart(random) })), prompt: anyPart(random) }),
  accepts: (input) => typeof input === 'object' && input !== null && isExchange(input),
  parse({ turns, prompt }) {
    const { prompt: text, turnsSent } = renderConversation(turns, prompt, UNLIMITED)
    const messages = parseConversation(text)
    if (turnsSent === 0) return messages
    const answered = turns.filter(({ answer }) => answer !== '')
    if (messages.at(-1)?.content !== prompt) throw new Error('the last message is not the prompt')
    if (messages.length !== 2 * answered.length + 1) throw new Error('there are other messages than there were')
    for (const [index, turn] of answered.entries()) {
      if (!isAlike(messages[2 * index], turn.prompt) || !isAlike(messages[2 * index + 1], turn.answer)) throw new Error('a turn reads differently than it was')
    }
    return messages
  },
}

export const targets = [
  // Written again by the target below: a renderer changes what looks like its own marks.
  textTarget('conversation.parseConversation', examples, parseConversation),
  rendered,
]

/** But for space: a turn is trimmed, and a line that looks like another speaker's gets a space before it. */
function isAlike(message: ConversationMessage | undefined, text: string): boolean {
  return message?.content.replaceAll(/\s+/g, '') === text.replaceAll(/\s+/g, '')
}

function isExchange(input: object): boolean {
  if (!('turns' in input && 'prompt' in input && Array.isArray(input.turns) && typeof input.prompt === 'string')) return false
  return (input.turns as readonly Partial<ConversationTurn>[]).every((turn) => typeof turn === 'object' && typeof turn.prompt === 'string' && typeof turn.answer === 'string')
}
