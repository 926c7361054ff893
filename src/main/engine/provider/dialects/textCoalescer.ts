import type { Clock } from '../../ports.ts'

export interface TextCoalescer {
  add(text: string): void
  /** Sends what is left at once. */
  flush(): void
  close(): void
}

/** A message stays well under every relay's limits, whatever JSON makes of its characters. */
const MAX_PIECE_CHARACTERS = 4_096

/** Joins text that comes faster than one piece per interval: the first goes out at once, later ones at the interval's end. */
export function createTextCoalescer(clock: Clock, intervalMs: number, send: (text: string) => void): TextCoalescer {
  let waiting = ''
  let lastSentAt = Number.NEGATIVE_INFINITY
  let cancelTimer: (() => void) | null = null

  function flush(): void {
    cancelTimer?.()
    cancelTimer = null
    if (waiting === '') return
    for (const piece of splitText(waiting, MAX_PIECE_CHARACTERS)) send(piece)
    waiting = ''
    lastSentAt = clock.now()
  }

  return {
    add(text) {
      waiting += text
      const dueInMs = lastSentAt + intervalMs - clock.now()
      if (dueInMs <= 0 || waiting.length >= MAX_PIECE_CHARACTERS) flush()
      else cancelTimer ??= clock.after(dueInMs, flush)
    },
    flush,
    close() {
      cancelTimer?.()
      cancelTimer = null
    },
  }
}

/** Splits without cutting a character in two. */
export function splitText(text: string, maxCharacters: number): string[] {
  const pieces: string[] = []
  let rest = text
  while (rest.length > maxCharacters) {
    const code = rest.charCodeAt(maxCharacters - 1)
    const end = code >= 0xd800 && code <= 0xdbff ? maxCharacters - 1 : maxCharacters
    pieces.push(rest.slice(0, end))
    rest = rest.slice(end)
  }
  if (rest !== '') pieces.push(rest)
  return pieces
}
