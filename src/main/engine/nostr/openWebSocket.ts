import { isIP, type LookupFunction } from 'node:net'
import { callbackify } from 'node:util'
import { WebSocket } from 'ws'
import type { OpenWebSocket } from '../ports.ts'
import { isPublicAddress } from '../web/publicAddress.ts'
import { resolveName } from '../web/resolveName.ts'

const MAX_PAYLOAD_BYTES = 1_048_576
const HANDSHAKE_TIMEOUT_MS = 10_000
/** How long a peer may take to answer the closing handshake before its connection is cut. */
const CLOSING_GRACE_MS = 1_000

/** Sockets of the `ws` package. A failure of any kind ends in `onClose`, never in an uncaught exception. */
export function openWebSocketWithWs(): OpenWebSocket {
  return (address, handlers, { publicOnly = false } = {}) => {
    const url = new URL(address)
    if (url.protocol !== 'ws:' && url.protocol !== 'wss:') throw new TypeError('Not a ws:// or wss:// address.')
    const host = url.hostname.replace(/^\[|\]$/g, '')
    if (publicOnly && isIP(host) !== 0 && !isPublicAddress(host)) throw new TypeError('Not an address on the public internet.')
    const ws = new WebSocket(url, {
      maxPayload: MAX_PAYLOAD_BYTES,
      perMessageDeflate: false,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      followRedirects: false,
      ...(publicOnly ? { lookup: lookUpPublic } : {}),
    })
    let problem: string | null = null
    // Closing one that is still connecting also emits an error: this listener stays for as long as the socket lives.
    ws.on('error', (error) => (problem ??= explain(error)))
    ws.on('open', () => handlers.onOpen())
    ws.on('close', () => handlers.onClose(problem))
    ws.on('message', (data, isBinary) => handlers.onMessage(!isBinary && Buffer.isBuffer(data) ? data.toString('utf8') : null))
    return {
      get bufferedAmount() {
        return ws.bufferedAmount
      },
      send(text) {
        // Between the peer's close and our learning of it there is nobody to tell: hence the empty callback.
        if (ws.readyState === WebSocket.OPEN) ws.send(text, () => {})
      },
      close() {
        ws.close()
        setTimeout(() => ws.terminate(), CLOSING_GRACE_MS).unref()
      },
      pause: () => ws.pause(),
      resume: () => ws.resume(),
    }
  }
}

/**
 * Looks a name up and refuses it unless every one of its addresses is public; the connection goes to those very addresses. A
 * certificate keeps nobody out: one for a name of the private network may well be there.
 */
const lookUpPublic: LookupFunction = (hostname, { all }, callback) => {
  resolvePublic(hostname, (error, addresses) => {
    const [first] = addresses ?? []
    if (error !== null || first === undefined) callback(error ?? notPublic(), '', 0)
    else if (all === true) callback(null, addresses)
    else callback(null, first.address, first.family)
  })
}

const resolvePublic = callbackify(async (host: string) => {
  const addresses = await resolveName(host)
  if (!addresses.every(isPublicAddress)) throw notPublic()
  return addresses.map((address) => ({ address, family: isIP(address) }))
})

function notPublic(): NodeJS.ErrnoException {
  return Object.assign(new Error('Not on the public internet.'), { code: NOT_PUBLIC })
}

const NOT_PUBLIC = 'SOUK_NOT_PUBLIC'

const SENTENCES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nothing answers at this address.',
  ENOTFOUND: 'No host of this name was found.',
  [NOT_PUBLIC]: 'The name of this host leads into a private network, and somebody else named it.',
  EAI_AGAIN: 'The name of this host cannot be looked up now. Is this computer online?',
  ENETUNREACH: 'The network cannot be reached. Is this computer online?',
  EHOSTUNREACH: 'The host cannot be reached.',
  ETIMEDOUT: 'The host did not answer in time.',
  ECONNRESET: 'The other side broke the connection.',
  EPIPE: 'The other side broke the connection.',
  CERT_HAS_EXPIRED: 'The certificate of this host has expired.',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'The certificate of this host is not trusted here.',
  SELF_SIGNED_CERT_IN_CHAIN: 'The certificate of this host is not trusted here.',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'The certificate of this host is not trusted here.',
  ERR_TLS_CERT_ALTNAME_INVALID: 'The certificate of this host is for another name.',
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 'It sent a message too large to take.',
  WS_ERR_INVALID_UTF8: 'It sent text that is not valid.',
}

function explain(error: Error): string {
  const code = (error as NodeJS.ErrnoException).code
  const sentence = code === undefined ? undefined : SENTENCES[code]
  if (sentence !== undefined) return sentence
  const status = /^Unexpected server response: (\d{3})$/.exec(error.message)?.[1]
  if (status !== undefined) return `It answered, but not as a relay (HTTP ${status}).`
  if (error.message === 'Opening handshake has timed out') return 'It accepted the connection and then said nothing.'
  if (code?.startsWith('WS_ERR_')) return 'It broke the rules of the WebSocket protocol.'
  return `The connection failed${code === undefined ? '' : ` (${code})`}.`
}
