import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterEach, expect, test } from 'vitest'
import { createNodeWeb } from './nodeWeb.ts'

const web = createNodeWeb()
let server: Server | null = null
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
  server = null
})

/** A page of a name that no name server knows: only the address that is handed over leads to it. */
async function serve(handler: RequestListener): Promise<URL> {
  server = createServer(handler)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return new URL(`http://nowhere.invalid:${(server.address() as AddressInfo).port}/page?x=1`)
}
const get = (url: URL, maxBytes = 100, signal = new AbortController().signal) => web.get({ url, address: '127.0.0.1', maxBytes, signal })

test('the connection goes to the address, and the request is for the name', async () => {
  const seen: unknown[] = []
  const url = await serve((request, response) => {
    seen.push([request.method, request.url, request.headers.host, request.headers['accept-encoding'], request.headers.cookie])
    response.writeHead(200, { 'content-type': 'text/plain' }).end('höflich')
  })
  expect(await get(url)).toEqual({ status: 200, location: null, contentType: 'text/plain', body: 'höflich' })
  expect(seen).toEqual([['GET', '/page?x=1', url.host, 'identity', undefined]])
})

test('a redirect is told, not followed', async () => {
  let requests = 0
  const url = await serve((_, response) => {
    requests += 1
    response.writeHead(302, { location: '/other' }).end()
  })
  expect(await get(url)).toMatchObject({ status: 302, location: '/other' })
  expect(requests).toBe(1)
})

test('more than was allowed is cut off as soon as it is more, also when it never ends', async () => {
  const url = await serve((_, response) => {
    const more = () => void (response.write('x'.repeat(60)) && setImmediate(more))
    response.writeHead(200, { 'content-type': 'text/plain' })
    more()
  })
  expect(await get(url)).toMatchObject({ body: null })
  expect(await get(await serve((_, response) => void response.end('x'.repeat(100))))).toMatchObject({ body: 'x'.repeat(100) })
})

test('what is compressed is not unpacked', async () => {
  const url = await serve((_, response) => void response.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': 'gzip' }).end(gzipSync('x'.repeat(1_000_000))))
  expect(await get(url)).toMatchObject({ body: null })
})

test('half an answer, none, and a signal to stop are failures', async () => {
  await expect(get(await serve((_, response) => void (response.writeHead(200, { 'content-length': '50' }).write('x'), setImmediate(() => response.destroy()))))).rejects.toThrow()
  const ending = new AbortController()
  const waiting = get(await serve(() => ending.abort()), 100, ending.signal)
  await expect(waiting).rejects.toThrow()
  const closed = await serve(() => {})
  server?.close()
  await expect(get(closed)).rejects.toThrow()
})

test('over https, the certificate has to be there', async () => {
  const url = await serve(() => {})
  url.protocol = 'https:'
  await expect(get(url)).rejects.toThrow()
})

test('this machine has its address', async () => {
  expect(await web.resolve('localhost')).toEqual(expect.arrayContaining([expect.stringMatching(/^(127\.0\.0\.1|::1)$/)]))
})
