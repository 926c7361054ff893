/**
 * A conversation as one prompt: the channel dialect carries a single text, so earlier turns travel inside it, as much
 * as the provider's prompt limit allows, the newest first to be kept.
 */
export interface ConversationTurn {
  readonly prompt: string
  readonly answer: string
}

export interface RenderedConversation {
  readonly prompt: string
  readonly promptBytes: number
  readonly turnsSent: number
  readonly turnsCut: number
}

const OPENING = 'The conversation so far:\n\n'
const CLOSING = 'Answer the last message.\n\nUser: '

/**
 * Joins earlier turns and a new prompt into one text of at most `maxBytes` (UTF-8). With no room for any turn it is
 * the prompt alone; the prompt itself is never cut.
 */
export function renderConversation(turns: readonly ConversationTurn[], prompt: string, maxBytes: number): RenderedConversation {
  const answered = turns.filter((turn) => turn.answer !== '')
  const frameBytes = utf8Bytes(OPENING + CLOSING + prompt)
  let room = maxBytes - frameBytes
  const kept: string[] = []
  for (const turn of answered.toReversed()) {
    const text = `User: ${disarm(turn.prompt)}\n\nAssistant: ${disarm(turn.answer)}\n\n`
    const bytes = utf8Bytes(text)
    if (bytes > room) break
    room -= bytes
    kept.unshift(text)
  }
  const rendered = kept.length === 0 ? prompt : OPENING + kept.join('') + CLOSING + prompt
  return { prompt: rendered, promptBytes: utf8Bytes(rendered), turnsSent: kept.length, turnsCut: answered.length - kept.length }
}

/** An answer comes from a stranger: it must not be able to speak in the next prompt as somebody else, nor to end the turns. */
function disarm(text: string): string {
  return text.replaceAll(/^(?=(?:User|Assistant): |Answer the last message\.)/gm, ' ')
}

export interface ConversationMessage {
  readonly role: 'user' | 'assistant'
  readonly content: string
}

/**
 * The messages inside a prompt that `renderConversation` made, for a model that takes turns as turns; any other text is
 * one message. Earlier turns cannot hold such marks: `renderConversation` disarms them.
 */
export function parseConversation(prompt: string): readonly ConversationMessage[] {
  // The first, at the beginning of a line: turns cannot hold it there, the new prompt can.
  const end = prompt.indexOf(`\n${CLOSING}`) + 1
  if (!prompt.startsWith(OPENING) || end < OPENING.length) return [{ role: 'user', content: prompt }]
  const turns = prompt.slice(OPENING.length, end).split(/^(User|Assistant): /m)
  const messages: ConversationMessage[] = []
  for (let index = 1; index + 1 < turns.length; index += 2) {
    messages.push({ role: turns[index] === 'User' ? 'user' : 'assistant', content: (turns[index + 1] ?? '').trim() })
  }
  return [...messages, { role: 'user', content: prompt.slice(end + CLOSING.length) }]
}

export function utf8Bytes(text: string): number {
  return new TextEncoder().encode(text).length
}
