import { fail, ok, type Problem, type Result } from '#shared/market/result.ts'

export const DEFAULT_OLLAMA_URL = 'http://127.0.0.1:11434'
const MAX_URL_CHARS = 300

/**
 * The base address of a model server, as a person types it, in one form: scheme, host, port and path without a last slash.
 * Only http and https; no user and password, which would be shown in Settings; not Ollama's own cloud, which is not ours to sell.
 */
export function parseBackendUrl(text: string): Result<string, Problem<'backend.url-invalid'>> {
  const refuse = (message: string) => fail('backend.url-invalid', message)
  const typed = text.trim()
  if (typed.length > MAX_URL_CHARS) return refuse(`The address is longer than ${MAX_URL_CHARS} characters.`)
  if (!URL.canParse(typed)) return refuse(`That is not an address. It looks like ${DEFAULT_OLLAMA_URL}.`)
  const url = new URL(typed)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return refuse('The address of a model server starts with http:// or https://.')
  if (url.username !== '' || url.password !== '') return refuse('Leave user and password out of the address: it is shown in Settings and cannot be used with them.')
  if (url.hostname === 'ollama.com' || url.hostname.endsWith('.ollama.com')) return refuse("That is Ollama's cloud. Souk sells only what runs on your own computers.")
  // People paste the address of the API itself, or the one for OpenAI's clients.
  const path = url.pathname.replace(/\/+$/, '').replace(/\/(?:api|v1)$/, '')
  return ok(`${url.origin}${path}`)
}
