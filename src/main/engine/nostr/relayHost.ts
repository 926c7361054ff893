import { isIP } from 'node:net'
import { isPublicAddress } from '../web/publicAddress.ts'

/** Names that mean a machine of one's own or of one's own network. One without a dot is looked up there too. */
const LOCAL_NAME = /(?:^|\.)(?:localhost|local|localdomain|internal|intranet|lan|home|corp|private|home\.arpa|onion)$/

/** Whether a relay's address is beyond doubt on this machine. */
export function isLoopbackUrl(url: string): boolean {
  const host = hostOf(url)
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

/**
 * Whether an address that a stranger named may be connected to: over TLS, and to nothing that looks like a private network.
 * What a name means is looked at when the connection is made (`publicOnly`).
 */
export function isPublicUrl(url: string): boolean {
  return URL.canParse(url) && new URL(url).protocol === 'wss:' && isPublicHost(url)
}

/**
 * Of one's own relays, those that strangers are told of: not one whose address may hold a password (its query), and none of
 * this network as long as there is another, nor of this machine.
 */
export function relaysToTell(urls: readonly string[]): readonly string[] {
  const open = urls.filter((url) => !url.includes('?'))
  const kinds = [open.filter(isPublicHost), open.filter((url) => !isLoopbackUrl(url)), open]
  return kinds.find((kind) => kind.length > 0) ?? []
}

function isPublicHost(url: string): boolean {
  const host = hostOf(url)
  if (isIP(host) !== 0) return isPublicAddress(host)
  return host.includes('.') && !LOCAL_NAME.test(host)
}

/** As `URL` writes it: every spelling of an IPv4 address comes out as four decimal numbers. */
function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '').toLowerCase() : ''
}
