import type { IncomingMessage } from 'node:http'

/** A loopback name as `URL` writes it. */
export function isLoopbackName(hostname: string): boolean {
  return hostname === '127.0.0.1' || hostname === 'localhost' || hostname === '[::1]'
}

/**
 * Why a request is not from this machine's own programs, or null. A page from anywhere can make a browser connect to
 * loopback: with its own name rebound to 127.0.0.1 it shows in Host, without that in Origin.
 */
export function findForeignSource(request: IncomingMessage, port: number): string | null {
  const host = `http://${request.headers.host ?? ''}`
  if (!URL.canParse(host)) return 'The Host header is missing or malformed.'
  const { hostname, port: hostPort } = new URL(host)
  if (!isLoopbackName(hostname) || Number(hostPort || 80) !== port) return 'This relay answers to its loopback address only.'
  const { origin } = request.headers
  if (origin === undefined) return null
  if (!URL.canParse(origin) || !isLoopbackName(new URL(origin).hostname)) return 'This relay does not serve pages of other sites.'
  return null
}
