import { promises as dns } from 'node:dns'

/** A slow name holds up nobody but who asks for it, and that no longer than this. */
const TIMEOUT_MS = 3_000
const LOOPBACK = ['127.0.0.1', '::1']
const NO_SUCH_NAME = new Set<string | undefined>(['ENOTFOUND', 'ENODATA', 'EBADNAME'])

export interface ResolveOptions {
  /** Others than this machine's, with a port if need be. */
  readonly servers?: readonly string[]
  readonly timeoutMs?: number
}

/**
 * Every IP address of a host name that a stranger gave, IPv4 before IPv6. Asks the name servers itself: `dns.lookup`
 * takes one of the few threads that files are read with, for as long as the name's own server likes. Rejects with
 * `ENOTFOUND` when there is no such name, and with `EAI_AGAIN` when no answer comes in time.
 */
export async function resolveName(host: string, { servers, timeoutMs = TIMEOUT_MS }: ResolveOptions = {}): Promise<readonly string[]> {
  // RFC 6761 §6.3: no name server is asked for it.
  if (/(?:^|\.)localhost\.?$/i.test(host)) return LOOPBACK
  // One for each name, so that giving up one leaves the others alone.
  const resolver = new dns.Resolver({ timeout: timeoutMs, tries: 1 })
  if (servers !== undefined) resolver.setServers(servers)
  const timer = setTimeout(() => resolver.cancel(), timeoutMs)
  try {
    const answers = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)])
    const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
    if (addresses.length === 0) throw problemOf(answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : [])))
    return addresses
  } finally {
    clearTimeout(timer)
  }
}

function problemOf(reasons: readonly unknown[]): NodeJS.ErrnoException {
  const isKnown = reasons.every((reason) => NO_SUCH_NAME.has((reason as NodeJS.ErrnoException).code))
  return Object.assign(new Error(isKnown ? 'No host of this name was found.' : 'The name cannot be looked up now.'), { code: isKnown ? 'ENOTFOUND' : 'EAI_AGAIN' })
}
