import type { z } from 'zod'
import { fail, ok, type Result } from '../market/result.ts'

/** What a relay takes at most for one event (PROTOCOL.md §1). Content in UTF-16 units is never more than in bytes. */
export const MAX_EVENT_BYTES = 65_536

/** An object from the wire. Its values are anything; `__proto__` is an ordinary own key of it. */
export type WireObject = Readonly<Record<string, unknown>>

/** Parses content that must be one JSON object. Problems: `too-long`, `not-json`, `not-an-object`. */
export function parseWireObject(content: string, maxLength: number = MAX_EVENT_BYTES): Result<WireObject> {
  if (content.length > maxLength) return fail('too-long', `The content is longer than ${maxLength} characters.`)
  let value: unknown
  try {
    value = JSON.parse(content)
  } catch {
    return fail('not-json', 'The content is not JSON.')
  }
  if (!isWireObject(value)) return fail('not-an-object', 'The content is JSON, but not an object.')
  return ok(value)
}

function isWireObject(value: unknown): value is WireObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The first thing that a schema found wrong, with the field's name. Never quotes what was sent. */
export function describeFault(error: z.ZodError): string {
  const fault = error.issues[0]
  if (!fault) return 'It does not have the expected shape.'
  const path = fault.path.map(String).join('.')
  const reason = fault.message.replace(/^Invalid input: /, '')
  return path === '' ? `It is not as expected: ${reason}.` : `Its field "${path}" is not as expected: ${reason}.`
}
