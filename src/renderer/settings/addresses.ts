const MAX_CHARS = 300

/** What is wrong with a relay's address, before the engine is asked; it has the last word. */
export function checkRelayAddress(text: string): string | undefined {
  const typed = text.trim()
  if (typed.length > MAX_CHARS) return `A relay address has at most ${MAX_CHARS} characters.`
  if (!/^wss?:\/\//i.test(typed)) return 'A relay address starts with wss://, or ws:// on this machine.'
  const url = URL.parse(typed)
  if (!url || /\s/.test(typed) || url.hostname === '') return 'This is not an address. It looks like wss://relay.example.com.'
  if (url.username !== '' || url.password !== '') return 'A relay address holds no user name and no password.'
  return undefined
}

export function checkBackendAddress(text: string): string | undefined {
  const typed = text.trim()
  const url = URL.parse(typed)
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) return 'An address that starts with http:// or https://, for example http://127.0.0.1:11434.'
  return typed.length > MAX_CHARS ? `At most ${MAX_CHARS} characters.` : undefined
}
