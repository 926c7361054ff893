import { parseWireObject, type WireObject } from './wireJson.ts'
import type { Result } from '../market/result.ts'

/** A JSON string (closed or not) or one of Python's literals. Every `"` starts a match that succeeds: linear time. */
const STRING_OR_PYTHON_LITERAL = /"(?:[^"\\]|\\[^]?)*(?:"|$)|\b(?:True|False|None)\b/g
const JSON_LITERAL: Readonly<Record<string, string>> = { True: 'true', False: 'false', None: 'null' }

/**
 * Parses an object like `parseWireObject`, and also what Python programs write by mistake: `True`, `False`, `None`
 * outside of strings. Listings of that kind are on the relays today.
 */
export function parseLooseObject(content: string, maxLength: number): Result<WireObject> {
  const strict = parseWireObject(content, maxLength)
  if (strict.ok || strict.error.code !== 'not-json') return strict
  return parseWireObject(content.replace(STRING_OR_PYTHON_LITERAL, (match) => JSON_LITERAL[match] ?? match), maxLength)
}
