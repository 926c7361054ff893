/**
 * Who may open the page that this machine serves: whoever holds the address printed in the terminal, once; then that
 * browser, by a cookie. Host is checked against DNS rebinding, Origin against other sites' scripts.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Random } from '#engine/ports.ts'

export interface PageGuard {
  /** A new one-time token, for an address. The oldest of too many stops working. */
  issueToken(): string
  /** The `Set-Cookie` of a new session; null when the token is wrong or was used. */
  exchangeToken(token: string): string | null
  hasSession(request: IncomingMessage): boolean
  /** Was this server meant, by a name of its own? Otherwise some site's name points here. */
  isOwnHost(request: IncomingMessage): boolean
  /** Does it come from the page that this very server sent? */
  isOwnOrigin(request: IncomingMessage): boolean
}

export interface PageGuardOptions {
  readonly random: Random
  /** Known once the server listens. */
  readonly port: () => number
  /** The names by which this server may be addressed, without the port. */
  readonly hostNames: readonly string[]
}

const SECRET_BYTES = 32
const MAX_TOKENS = 8
const MAX_SESSIONS = 32

const digest = (secret: string) => createHash('sha256').update(secret).digest()

/** Secrets of which only digests are kept; a guess takes the same time whatever it has right. */
function createSecretSet(random: Random, max: number) {
  let digests: readonly Buffer[] = []
  const find = (guess: string) => {
    const wanted = digest(guess)
    let found: Buffer | null = null
    for (const each of digests) if (timingSafeEqual(each, wanted)) found = each
    return found
  }
  return {
    issue() {
      const secret = Buffer.from(random.bytes(SECRET_BYTES)).toString('base64url')
      digests = [...digests, digest(secret)].slice(-max)
      return secret
    },
    has: (guess: string) => find(guess) !== null,
    take(guess: string) {
      const found = find(guess)
      digests = digests.filter((each) => each !== found)
      return found !== null
    },
  }
}

export function createPageGuard({ random, port, hostNames }: PageGuardOptions): PageGuard {
  const tokens = createSecretSet(random, MAX_TOKENS)
  const sessions = createSecretSet(random, MAX_SESSIONS)
  // Browsers keep cookies by host alone: two Souks on one machine must not overwrite each other's.
  const cookieName = () => `souk-session-${port()}`
  const hosts = () => hostNames.flatMap((name) => (port() === 80 ? [name, `${name}:80`] : [`${name}:${port()}`]))
  const hostOf = (request: IncomingMessage) => request.headers.host?.toLowerCase() ?? ''

  return {
    issueToken: () => tokens.issue(),
    exchangeToken: (token) => (tokens.take(token) ? `${cookieName()}=${sessions.issue()}; Path=/; HttpOnly; SameSite=Strict` : null),
    hasSession(request) {
      const prefix = `${cookieName()}=`
      const cookies = (request.headers.cookie ?? '').split(';').map((cookie) => cookie.trim())
      return cookies.some((cookie) => cookie.startsWith(prefix) && sessions.has(cookie.slice(prefix.length)))
    },
    isOwnHost: (request) => hosts().includes(hostOf(request)),
    isOwnOrigin: (request) => hosts().includes(hostOf(request)) && request.headers.origin?.toLowerCase() === `http://${hostOf(request)}`,
  }
}
