import { KIND } from '#shared/protocol/kinds.ts'
import type { Clock } from '../ports.ts'
import type { Signer } from './signer.ts'

/** `impossible`: nobody here signs for this relay, or the relay did not accept who did. `pending`: it may still come. */
export type AuthenticationState = 'impossible' | 'pending' | 'done'

/** NIP-42 with one relay: answers its challenges, in the name of whom the signer is. */
export interface Authentication {
  state(): AuthenticationState
  onUp(): void
  onChallenge(challenge: string): void
  /** Another one may sign now: a relay that has asked on this connection is told. */
  renew(): void
  /** False when that `OK` answers something else. */
  onOk(eventId: string, accepted: boolean, message: string): boolean
}

export interface AuthenticationOptions {
  readonly url: string
  readonly clock: Clock
  /** Answers per connection, so that a stream of challenges is no stream of signatures. */
  readonly maxAnswers: number
  /** Null: this relay is told nothing. */
  signer(): Signer | null
  send(text: string): void
  onDone(): void
  onFailed(message: string): void
}

export function createAuthentication(options: AuthenticationOptions): Authentication {
  let sentEventId: string | null = null
  let lastChallenge: string | null = null
  let answeredAs: string | null = null
  let answers = 0
  let outcome: 'open' | 'done' | 'failed' = 'open'

  const answer = (challenge: string) => {
    const signer = options.signer()
    if (signer === null || answers >= options.maxAnswers) return
    answers += 1
    answeredAs = signer.pubkey
    const tags = [
      ['relay', options.url],
      ['challenge', challenge],
    ]
    const event = signer.sign({ kind: KIND.relayAuth, created_at: Math.floor(options.clock.now() / 1_000), tags, content: '' })
    sentEventId = event.id
    options.send(JSON.stringify(['AUTH', event]))
  }

  return {
    state() {
      if (outcome === 'done') return 'done'
      return outcome === 'failed' || options.signer() === null ? 'impossible' : 'pending'
    },
    onUp() {
      sentEventId = null
      lastChallenge = null
      answeredAs = null
      answers = 0
      outcome = 'open'
    },
    onChallenge(challenge) {
      lastChallenge = challenge
      answer(challenge)
    },
    renew() {
      const pubkey = options.signer()?.pubkey
      if (lastChallenge === null || pubkey === undefined || pubkey === answeredAs) return
      // A person's doing, not the relay's: it is not what the answers are counted for.
      answers = 0
      outcome = 'open'
      answer(lastChallenge)
    },
    onOk(eventId, accepted, message) {
      if (eventId !== sentEventId) return false
      sentEventId = null
      outcome = accepted ? 'done' : 'failed'
      if (accepted) options.onDone()
      else options.onFailed(message)
      return true
    },
  }
}
