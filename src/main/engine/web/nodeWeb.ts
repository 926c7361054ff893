import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP } from 'node:net'
import { resolveName } from './resolveName.ts'
import type { Web, WebRequest, WebResponse } from './web.ts'

const MAX_HEADER_BYTES = 16_384

/** The web by Node's own sockets. Keeps no connection, no cookie and no cache. */
export function createNodeWeb(): Web {
  return {
    resolve: (host) => resolveName(host),
    get,
  }
}

function get({ url, address, maxBytes, signal }: WebRequest): Promise<WebResponse> {
  return new Promise((resolve, reject) => {
    const host = url.hostname.replace(/^\[|\]$/g, '')
    const isSecure = url.protocol === 'https:'
    const asked = (isSecure ? requestHttps : requestHttp)({
      host: address,
      port: url.port === '' ? (isSecure ? 443 : 80) : Number(url.port),
      path: `${url.pathname}${url.search}`,
      // The certificate has to be the name's, wherever the connection goes.
      ...(isIP(host) === 0 ? { servername: host } : {}),
      headers: { host: url.host, accept: 'text/*, application/json;q=0.9', 'accept-encoding': 'identity', 'user-agent': 'Souk' },
      maxHeaderSize: MAX_HEADER_BYTES,
      agent: false,
      signal,
    })
    asked.on('error', reject)
    asked.on('response', (response) => {
      const { statusCode = 0, headers } = response
      const end = (body: string | null) => {
        resolve({ status: statusCode, location: headers.location ?? null, contentType: headers['content-type'] ?? null, body })
        asked.destroy()
      }
      const parts: Buffer[] = []
      let bytes = 0
      response.on('error', reject)
      if ((headers['content-encoding'] ?? 'identity') !== 'identity') return end(null)
      response.on('data', (part: Buffer) => {
        bytes += part.length
        parts.push(part)
        if (bytes > maxBytes) end(null)
      })
      response.on('end', () => end(Buffer.concat(parts).toString('utf8')))
      // Cut off in the middle: half a page is none.
      response.on('aborted', () => reject(new Error('The answer was cut off.')))
    })
    asked.end()
  })
}
