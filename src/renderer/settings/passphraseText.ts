/** A passphrase in words: what is wrong with what was typed, how strong it is, and who asks for it. */
import { judgePassphrase, MIN_PASSPHRASE_CHARS, type PassphraseStrength } from '#shared/passphrase.ts'
import type { Snapshot } from '#renderer/state/client.ts'

export type Shell = Snapshot<'app.status'>['shell']

const STRENGTHS: Record<PassphraseStrength, string> = {
  'too-short': `Too short yet: at least ${MIN_PASSPHRASE_CHARS} characters.`,
  weak: 'Weak: guessed within days by whoever copies this disk. Add a few words.',
  fair: 'Fair: it takes a patient guesser. One more word makes it strong.',
  strong: 'Strong: guessing it is not worth anybody’s time.',
}

/** How strong it is, and what would make it stronger; undefined while nothing is typed. */
export function strengthText(passphrase: string): string | undefined {
  return passphrase === '' ? undefined : STRENGTHS[judgePassphrase(passphrase)]
}

export interface TypedPassphrases {
  /** Undefined where none is in force. */
  readonly current: string | undefined
  readonly next: string
  readonly again: string
}

/** By field, what to do about what was typed; nothing where it can be sent. */
export function findMistakes({ current, next, again }: TypedPassphrases): { readonly [name in keyof TypedPassphrases]?: string } {
  return {
    ...(current === '' ? { current: 'Type the passphrase in force.' } : {}),
    ...(next.length < MIN_PASSPHRASE_CHARS ? { next: `At least ${MIN_PASSPHRASE_CHARS} characters; four words that do not belong together are easy to keep in mind.` } : next === current ? { next: 'That is the passphrase in force. Type another one.' } : {}),
    ...(next !== again ? { again: 'The two differ. Type the same in both.' } : {}),
  }
}

/** Who asks for it from now on. */
export function askedForBy(shell: Shell | undefined): string {
  return shell === 'desktop' ? 'Souk asks for it whenever it starts, before the window opens.' : 'Souk asks for it whenever it starts, in the terminal; started without one, it takes SOUK_PASSPHRASE.'
}
