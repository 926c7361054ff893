import { BlockList, isIP } from 'node:net'

const PRIVATE = new BlockList()
for (const [net, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const) {
  PRIVATE.addSubnet(net, prefix, 'ipv4')
}
for (const [net, prefix] of [
  ['::', 127],
  ['64:ff9b::', 96],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const) {
  PRIVATE.addSubnet(net, prefix, 'ipv6')
}

/** Names that mean a machine of one's own or of one's own network. One without a dot is looked up there too. */
const LOCAL_NAME = /(?:^|\.)(?:localhost|local|localdomain|internal|intranet|lan|home|corp|private|home\.arpa|onion)$/

/** Whether a relay's address is beyond doubt on this machine. */
export function isLoopbackUrl(url: string): boolean {
  const host = hostOf(url)
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

/** Whether an address that a stranger named may be connected to: over TLS, and to nothing that looks like a private network. */
export function isPublicUrl(url: string): boolean {
  if (!URL.canParse(url) || new URL(url).protocol !== 'wss:') return false
  const host = hostOf(url)
  const family = isIP(host)
  if (family !== 0) return !PRIVATE.check(host, family === 4 ? 'ipv4' : 'ipv6')
  return host.includes('.') && !LOCAL_NAME.test(host)
}

/** As `URL` writes it: every spelling of an IPv4 address comes out as four decimal numbers. */
function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '').toLowerCase() : ''
}
