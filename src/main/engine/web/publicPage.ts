import { isIP } from 'node:net'
import { fail, ok, type Result } from '#shared/market/result.ts'
import { unlessAborted } from '../pause.ts'
import { isPublicAddress } from './publicAddress.ts'
import type { Web, WebResponse } from './web.ts'

const MAX_REDIRECTS = 2
const TEXT = /^\s*(?:text\/[\w.+-]+|application\/(?:[\w.+-]+\+)?(?:json|xml))\s*(?:;|$)/i

/**
 * The text behind an https address that a stranger named. Every host on the way is looked up once, every one of its
 * addresses has to be public, and the connection goes to the very address that was checked. Fails with a reason for who
 * named it, which says nothing of what is on this network.
 */
export async function readPublicPage(web: Web, address: string, maxBytes: number, signal: AbortSignal): Promise<Result<string>> {
  let next = address
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const url = parseAddress(next)
    if (url === null) return fail('url-refused', 'Only https addresses on the usual port, without a password, are fetched here.')
    const host = url.hostname.replace(/^\[|\]$/g, '')
    const target = await findPublicAddress(web, host, signal)
    if (target === null) return unreachable()
    const response = await unlessFailed(web.get({ url, address: target, maxBytes, signal }), signal)
    if (response === null) return unreachable()
    if (!isRedirect(response)) return readText(response, maxBytes)
    if (response.location === null || !URL.canParse(response.location, url)) return unreachable()
    next = new URL(response.location, url).href
  }
  return fail('url-refused', `The address of an input leads on more than ${MAX_REDIRECTS} times.`)
}

function parseAddress(text: string): URL | null {
  if (!URL.canParse(text)) return null
  const url = new URL(text)
  return url.protocol === 'https:' && url.port === '' && url.username === '' && url.password === '' ? url : null
}

/** One private address among them is enough for none: the next lookup could give that one. */
async function findPublicAddress(web: Web, host: string, signal: AbortSignal): Promise<string | null> {
  const addresses = isIP(host) === 0 ? await unlessFailed(web.resolve(host), signal) : [host]
  return addresses !== null && addresses.every(isPublicAddress) ? (addresses[0] ?? null) : null
}

function readText({ status, contentType, body }: WebResponse, maxBytes: number): Result<string> {
  if (status !== 200) return fail('url-failed', `The address of an input answers with the status ${status}.`)
  if (contentType === null || !TEXT.test(contentType)) return fail('url-refused', 'What is at the address of an input is not text.')
  return body === null ? fail('url-refused', `What is at the address of an input is compressed, or longer than ${maxBytes} bytes.`) : ok(body)
}

function isRedirect({ status }: WebResponse): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308
}

function unlessFailed<T>(answer: Promise<T>, signal: AbortSignal): Promise<T | null> {
  return unlessAborted(answer, signal).catch(() => null)
}

/** The same for a host that is not there and for one that is private: nobody learns from it what there is. */
function unreachable() {
  return fail('url-unreachable', 'The address of an input cannot be reached.')
}
