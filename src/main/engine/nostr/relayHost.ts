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
  if (!URL.canParse(url) || new URL(url).protocol !== 'wss:') return false
  const host = hostOf(url)
  if (isIP(host) !== 0) return isPublicAddress(host)
  return host.includes('.') && !LOCAL_NAME.test(host)
}

/** As `URL` writes it: every spelling of an IPv4 address comes out as four decimal numbers. */
function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '').toLowerCase() : ''
}
