import type { NostrEvent } from '#shared/protocol/event.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import { tagValue } from './eventShape.ts'
import { isLoopbackName } from './loopbackGuard.ts'
import type { Refusal } from './refusal.ts'

/** NIP-42 suggests about ten minutes. */
const MAX_AGE_SECS = 600

/** Judges an AUTH answer except for its signature. Null means that it proves the key, once the signature holds. */
export function findAuthenticationRefusal(event: NostrEvent, challenge: string, port: number, nowSecs: number): Refusal | null {
  if (event.kind !== KIND.relayAuth) return `invalid: AUTH takes an event of kind ${KIND.relayAuth}`
  if (tagValue(event, 'challenge') !== challenge) return 'invalid: the challenge is not the one of this connection'
  const relay = tagValue(event, 'relay')
  if (relay === null || !isThisRelay(relay, port)) return 'invalid: the relay tag names another relay'
  if (Math.abs(nowSecs - event.created_at) > MAX_AGE_SECS) return 'invalid: created_at is more than ten minutes off; check the clock'
  return null
}

function isThisRelay(address: string, port: number): boolean {
  if (!URL.canParse(address)) return false
  const url = new URL(address)
  return url.protocol === 'ws:' && isLoopbackName(url.hostname) && Number(url.port || 80) === port
}
