import { fail, ok, type Result } from '#shared/market/result.ts'

const MAX_CHARS = 300

/** One spelling for each relay: lower-case host, no default port, no closing slash, no fragment. */
export function parseRelayAddress(text: string): Result<string> {
  const trimmed = text.trim()
  if (trimmed.length > MAX_CHARS) return fail('invalid', `A relay address has at most ${MAX_CHARS} characters.`)
  if (!/^wss?:\/\//i.test(trimmed)) return fail('invalid', 'A relay address begins with wss:// (or ws:// on this machine).')
  if (!URL.canParse(trimmed)) return fail('invalid', 'This is not an address. It looks like wss://relay.example.com.')
  const url = new URL(trimmed)
  if (url.username !== '' || url.password !== '') return fail('invalid', 'A relay address holds no user name and no password.')
  const path = url.pathname.replace(/\/+$/, '')
  const address = `${url.protocol}//${url.host}${path}${url.search}`
  // A character may be nine in the one spelling, which must be readable again.
  if (address.length > MAX_CHARS) return fail('invalid', `A relay address has at most ${MAX_CHARS} characters once its special ones are escaped.`)
  return ok(address)
}
