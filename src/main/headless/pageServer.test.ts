import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { createManualClock } from '#engine/testing/manualClock.ts'
import { createRouter } from '#main/ipc/router.ts'
import { createSumHandlers, sumContract } from '#main/ipc/testing/sumContract.ts'
import { webSocketTransport } from '#renderer/state/transport.ts'
import { createIpcClient } from '#shared/ipc/client.ts'
import { servePage, type PageServer } from './pageServer.ts'

interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

describe('the page server', () => {
  let folder: string
  let server: PageServer
  const logged: string[] = []
  const start = (port = 0) => {
    const clock = createManualClock()
    const log = (_level: string, message: string, fields?: object) => void logged.push(`${message} ${JSON.stringify(fields ?? {})}`)
    const router = createRouter(sumContract, createSumHandlers().handlers, { clock, log })
    return servePage({ router, pageFolder: join(folder, 'page'), clock, log, random: { bytes: (length) => randomBytes(length) }, port })
  }

  beforeEach(async () => {
    logged.length = 0
    folder = await mkdtemp(join(tmpdir(), 'souk-page-'))
    await mkdir(join(folder, 'page/assets'), { recursive: true })
    await writeFile(join(folder, 'page/index.html'), '<!doctype html><title>Souk</title>')
    await writeFile(join(folder, 'page/assets/index-abc.js'), 'export {}')
    await writeFile(join(folder, 'page/.hidden.json'), 'hidden')
    await writeFile(join(folder, 'page/notes.txt'), 'no kind of a page')
    await writeFile(join(folder, 'secret.json'), 'secret')
    await symlink(join(folder, 'secret.json'), join(folder, 'page/link.json'))
    server = await start()
  })
  afterEach(async () => {
    await server.close()
    await rm(folder, { recursive: true })
  })

  function get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const request = httpRequest({ host: '127.0.0.1', port: server.port, path, method, headers, agent: false }, (response) => {
        let body = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => (body += chunk))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
      })
      request.on('error', reject)
      request.end()
    })
  }
  const tokenPath = (url: string) => url.slice(url.indexOf('/', 'http://'.length))
  async function signIn(): Promise<string> {
    const reply = await get(tokenPath(server.issueUrl()))
    return reply.headers['set-cookie']?.[0]?.split(';')[0] ?? ''
  }

  it('exchanges the token of the printed address for a session that lasts through reloads', async () => {
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{43}$/)
    const entry = await get(tokenPath(server.url))
    expect(entry).toMatchObject({ status: 303, headers: { location: '/' } })
    const cookie = entry.headers['set-cookie']?.[0] ?? ''
    expect(cookie).toMatch(/; HttpOnly; SameSite=Strict$/)
    for (let reload = 0; reload < 2; reload += 1) {
      expect(await get('/', { Cookie: cookie.split(';')[0] ?? '' })).toMatchObject({ status: 200, body: expect.stringContaining('<title>Souk') })
    }
  })

  it('says what to do when the address was used, or is wrong, or there is none', async () => {
    await get(tokenPath(server.url))
    for (const path of [tokenPath(server.url), '/?token=', '/?token=wrong']) {
      expect(await get(path)).toMatchObject({ status: 401, body: expect.stringContaining('This address was already used') })
    }
    expect(await get('/')).toMatchObject({ status: 401, body: expect.stringContaining('printed in the terminal') })
    expect(await get('/assets/index-abc.js')).toMatchObject({ status: 401 })
  })

  it('sends a browser that is known already on to the page, keeping the token for another', async () => {
    const cookie = await signIn()
    const url = server.issueUrl()
    expect(await get(tokenPath(url), { Cookie: cookie })).toMatchObject({ status: 303, headers: { location: '/' } })
    expect((await get(tokenPath(url))).headers['set-cookie']).toHaveLength(1)
  })

  it('does not use the token up for a look ahead', async () => {
    await get(tokenPath(server.url), {}, 'HEAD')
    expect((await get(tokenPath(server.url))).headers['set-cookie']).toHaveLength(1)
  })

  it('never repeats a token, in a page or in the log', async () => {
    const reply = await get('/?token=%3Cscript%3Ealert(1)%3C/script%3E')
    expect(reply.body).not.toContain('alert')
    expect(logged.join()).not.toContain('token')
  })

  it('sends every page guarded', async () => {
    const cookie = await signIn()
    const page = await get('/', { Cookie: cookie })
    expect(page.headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'x-content-type-options': 'nosniff', 'cache-control': 'no-store', 'x-frame-options': 'DENY', 'referrer-policy': 'no-referrer' })
    const policy = String(page.headers['content-security-policy'])
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("script-src 'self';")
    expect(policy).toContain(`ws://127.0.0.1:${server.port}`)
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toMatch(/unsafe-eval|script-src[^;]*unsafe/)
    const script = await get('/assets/index-abc.js', { Cookie: cookie })
    expect(script.headers).toMatchObject({ 'content-type': 'text/javascript; charset=utf-8', 'x-content-type-options': 'nosniff', 'cache-control': 'private, max-age=31536000, immutable' })
    for (const path of ['/', '/?token=wrong', '/nothing']) expect((await get(path)).headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store', 'content-security-policy': expect.stringContaining("default-src 'none'") })
  })

  it.each([
    '/../secret.json',
    '/assets/../../secret.json',
    '/%2e%2e/secret.json',
    '/..%2fsecret.json',
    '/..%5csecret.json',
    '/assets/%2e%2e%2f%2e%2e%2fsecret.json',
    '//etc/passwd',
    '/link.json',
    '/.hidden.json',
    '/notes.txt',
    '/assets',
    '/assets/',
    '/%00',
    '/index.html%00.js',
    '/%',
    '/nothing.js',
  ])('has nothing at %s', async (path) => {
    const reply = await get(path, { Cookie: await signIn() })
    expect(reply.status).toBe(404)
    expect(reply.body).not.toContain('secret')
  })

  it('refuses another host, whatever else is right', async () => {
    const cookie = await signIn()
    for (const host of ['evil.example', `evil.example:${server.port}`, '127.0.0.1', `127.0.0.1:${server.port + 1}`]) {
      expect(await get('/', { Host: host, Cookie: cookie })).toMatchObject({ status: 421 })
      expect((await get(tokenPath(server.url), { Host: host })).headers['set-cookie']).toBeUndefined()
    }
    expect(await get('/', { Host: `LOCALHOST:${server.port}`, Cookie: cookie })).toMatchObject({ status: 200 })
  })

  it('refuses another site’s origin and every method that changes something', async () => {
    const cookie = await signIn()
    expect(await get('/', { Origin: 'https://evil.example', Cookie: cookie })).toMatchObject({ status: 403 })
    expect(await get('/', { Origin: `http://127.0.0.1:${server.port}`, Cookie: cookie })).toMatchObject({ status: 200 })
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) expect(await get('/', { Cookie: cookie }, method)).toMatchObject({ status: 405 })
  })

  it('answers HEAD without the body', async () => {
    const reply = await get('/', { Cookie: await signIn() }, 'HEAD')
    expect(reply).toMatchObject({ status: 200, body: '', headers: { 'content-length': '34' } })
  })

  it('survives what is no HTTP', async () => {
    const socket = connect(server.port, '127.0.0.1')
    socket.on('error', () => {})
    socket.resume()
    socket.end('\0\x01\x02 not http\r\n\r\n')
    await new Promise((resolve) => socket.once('close', resolve))
    expect(await get('/', { Cookie: await signIn() })).toMatchObject({ status: 200 })
  })

  it('carries the contract to the browser that it let in', async () => {
    const cookie = await signIn()
    const transport = webSocketTransport(`ws://127.0.0.1:${server.port}/ipc`, (url) => new WebSocket(url, { headers: { Cookie: cookie, Origin: `http://127.0.0.1:${server.port}` } }))
    const client = createIpcClient(sumContract, transport)
    expect(await client.request('sum.add', { a: 1, b: 2 })).toEqual({ ok: true, value: { sum: 3 } })
    expect(server.clientCount()).toBe(1)
    client.close()
  })

  it('closes with a page open', async () => {
    const cookie = await signIn()
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/ipc`, { headers: { Cookie: cookie, Origin: `http://127.0.0.1:${server.port}` } })
    await new Promise((resolve) => socket.once('open', resolve))
    const closed = new Promise((resolve) => socket.once('close', resolve))
    await server.close()
    await closed
    server = await start()
  })

  it('says so when the port is taken', async () => {
    await expect(start(server.port)).rejects.toThrow(`The port ${server.port} on 127.0.0.1 is in use.`)
  })
})
