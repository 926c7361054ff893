/** The page's own scheme: `souk://app/…` is the built page's folder, and nothing else. */
import { openPageFiles, contentSecurityPolicy } from '#main/ipc/pageFiles.ts'

export const PAGE_SCHEME = 'souk'
const PAGE_HOST = 'app'
export const PAGE_URL = `${PAGE_SCHEME}://${PAGE_HOST}/`

export interface ProtocolLike {
  registerSchemesAsPrivileged(schemes: { scheme: string; privileges: { standard: boolean; secure: boolean; supportFetchAPI: boolean; codeCache: boolean } }[]): void
  handle(scheme: string, handler: (request: Request) => Promise<Response>): void
}

/** Before the app is ready: makes the scheme a secure origin of its own. */
export function registerPageScheme(protocol: Pick<ProtocolLike, 'registerSchemesAsPrivileged'>): void {
  protocol.registerSchemesAsPrivileged([{ scheme: PAGE_SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } }])
}

/** Once the app is ready: answers the scheme from `pageFolder`. */
export function handlePageScheme(protocol: Pick<ProtocolLike, 'handle'>, pageFolder: string): void {
  const files = openPageFiles(pageFolder, () => contentSecurityPolicy("'self'"))
  protocol.handle(PAGE_SCHEME, async (request) => {
    const url = new URL(request.url)
    if (url.host !== PAGE_HOST || request.method !== 'GET') return new Response('Not allowed', { status: 403 })
    const file = await files.read(url.pathname)
    if (!file) return new Response('There is nothing here', { status: 404 })
    return new Response(new Uint8Array(file.body), { headers: { ...file.headers } })
  })
}

/**
 * Tells our page's addresses from all others: the scheme's, or those of the development server at `devUrl`, which
 * only an unpackaged app is given.
 */
export function pageUrlCheck(devUrl?: string): (url: string) => boolean {
  const devOrigin = devUrl === undefined ? null : new URL(devUrl).origin
  return (address) => {
    if (!URL.canParse(address)) return false
    const url = new URL(address)
    // Compared by parts: `origin` of an own scheme is the opaque "null" in Node.
    if (devOrigin !== null) return url.origin === devOrigin
    return url.protocol === `${PAGE_SCHEME}:` && url.host === PAGE_HOST && url.username === '' && url.password === ''
  }
}
