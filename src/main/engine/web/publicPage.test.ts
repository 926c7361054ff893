import { describe, expect, test } from 'vitest'
import { readPublicPage } from './publicPage.ts'
import type { Web, WebRequest, WebResponse } from './web.ts'

const PUBLIC = '93.184.215.14'
const page = (change: Partial<WebResponse> = {}): WebResponse => ({ status: 200, location: null, contentType: 'text/plain; charset=utf-8', body: 'hello', ...change })
const to = (location: string, status = 302) => page({ status, location, body: '' })

/** A web of host names and pages, that remembers what was connected to. */
function createWeb(hosts: Record<string, readonly string[]>, pages: Record<string, WebResponse | Error>) {
  const asked: WebRequest[] = []
  const resolved: string[] = []
  const web: Web = {
    resolve(host) {
      resolved.push(host)
      const addresses = hosts[host]
      return addresses === undefined ? Promise.reject(new Error('no such host')) : Promise.resolve(addresses)
    },
    get(request) {
      asked.push(request)
      const found = pages[request.url.href] ?? page({ status: 404 })
      return found instanceof Error ? Promise.reject(found) : Promise.resolve(found)
    },
  }
  return { web, asked, resolved }
}
const read = (web: Web, address: string, signal = new AbortController().signal) => readPublicPage(web, address, 1_000, signal)
const codeOf = async (web: Web, address: string) => {
  const text = await read(web, address)
  return text.ok ? 'read' : text.error.code
}

describe('a page that a request names', () => {
  test('is read from the very address that was checked, which is looked up once', async () => {
    const { web, asked, resolved } = createWeb({ 'a.test': [PUBLIC, '2606:4700::1'] }, { 'https://a.test/x?y=1': page() })
    expect(await read(web, 'https://a.test/x?y=1#z')).toMatchObject({ ok: false, error: { code: 'url-failed' } })
    expect(await read(web, 'https://a.test/x?y=1')).toEqual({ ok: true, value: 'hello' })
    expect(asked.at(-1)).toMatchObject({ address: PUBLIC, maxBytes: 1_000 })
    expect(resolved).toEqual(['a.test', 'a.test'])
  })

  test.each([
    ['http://a.test/'], ['ftp://a.test/'], ['file:///etc/passwd'], ['data:text/plain,x'], ['https://a.test:8443/'], ['https://user@a.test/'], ['https://user:secret@a.test/'], ['javascript:1'], ['a.test'], [''], ['https://'],
  ])('%s is not even looked up', async (address) => {
    const { web, asked, resolved } = createWeb({ 'a.test': [PUBLIC] }, {})
    expect(await codeOf(web, address)).toBe('url-refused')
    expect([asked, resolved]).toEqual([[], []])
  })

  test.each([
    'https://127.0.0.1/', 'https://127.1/', 'https://2130706433/', 'https://0x7f.1/', 'https://0177.0.0.1/', 'https://0/', 'https://169.254.169.254/latest/meta-data/', 'https://10.0.0.1/', 'https://192.168.0.1/',
    'https://[::1]/', 'https://[::]/', 'https://[::ffff:127.0.0.1]/', 'https://[::ffff:7f00:1]/', 'https://[64:ff9b::a00:1]/', 'https://[fd00::1]/', 'https://[fe80::1]/', 'https://[2002:7f00:1::]/', 'https://①②⑦.0.0.1/',
  ])('%s is never connected to', async (address) => {
    const { web, asked } = createWeb({}, { [new URL(address).href]: page() })
    expect(await codeOf(web, address)).toBe('url-unreachable')
    expect(asked).toEqual([])
  })

  test.each<[string, readonly string[]]>([
    ['a private address', ['10.1.2.3']],
    ['a public address and a private one', [PUBLIC, '127.0.0.1']],
    ['a mapped address', ['::ffff:10.1.2.3']],
    ['a shared network', ['100.64.1.1']],
    ['no address', []],
    ['something that is no address', ['localhost']],
  ])('a name that means %s is never connected to', async (_, addresses) => {
    const { web, asked } = createWeb({ 'a.test': addresses }, { 'https://a.test/': page() })
    expect(await codeOf(web, 'https://a.test/')).toBe('url-unreachable')
    expect(asked).toEqual([])
  })

  test('what is private, what is not there and what does not answer sound the same', async () => {
    const { web } = createWeb({ 'private.test': ['10.0.0.1'], 'dead.test': [PUBLIC] }, { 'https://dead.test/': new Error('connect ECONNREFUSED 93.184.215.14:443') })
    const said = await Promise.all(['https://private.test/', 'https://missing.test/', 'https://dead.test/'].map((address) => read(web, address)))
    expect(new Set(said.map((each) => JSON.stringify(each))).size).toBe(1)
  })
})

describe('a redirect', () => {
  test('is followed twice, each time to an address that is checked anew', async () => {
    const { web, asked } = createWeb({ 'a.test': [PUBLIC], 'b.test': ['1.1.1.1'] }, { 'https://a.test/': to('/next', 301), 'https://a.test/next': to('https://b.test/', 308), 'https://b.test/': page({ body: 'there' }) })
    expect(await read(web, 'https://a.test/')).toEqual({ ok: true, value: 'there' })
    expect(asked.map(({ address }) => address)).toEqual([PUBLIC, PUBLIC, '1.1.1.1'])
  })

  test('a third one is one too many', async () => {
    const { web, asked } = createWeb({ 'a.test': [PUBLIC] }, { 'https://a.test/': to('/') })
    expect(await codeOf(web, 'https://a.test/')).toBe('url-refused')
    expect(asked).toHaveLength(3)
  })

  test.each([
    ['https://127.0.0.1/', 'url-unreachable'], ['https://inside.test/', 'url-unreachable'], ['http://b.test/', 'url-refused'], ['//169.254.169.254/', 'url-unreachable'], ['file:///etc/passwd', 'url-refused'], ['https://b.test:22/', 'url-refused'], ['https://[', 'url-unreachable'],
  ])('to %s leads nowhere', async (location, code) => {
    const { web, asked } = createWeb({ 'a.test': [PUBLIC], 'b.test': ['1.1.1.1'], 'inside.test': ['192.168.1.1'] }, { 'https://a.test/': to(location) })
    expect(await codeOf(web, 'https://a.test/')).toBe(code)
    expect(asked.map(({ url }) => url.hostname)).toEqual(['a.test'])
  })

  test('a name that means another machine the second time is caught the second time', async () => {
    const answers = [[PUBLIC], ['127.0.0.1']]
    const { web: base, asked } = createWeb({}, { 'https://a.test/': to('https://a.test/again'), 'https://a.test/again': page({ body: 'secret' }) })
    expect(await codeOf({ ...base, resolve: () => Promise.resolve(answers.shift() ?? []) }, 'https://a.test/')).toBe('url-unreachable')
    expect(asked).toHaveLength(1)
  })
})

describe('what is there', () => {
  test.each([
    ['text/html', 'read'], ['application/json', 'read'], ['application/ld+json;x=1', 'read'], ['TEXT/Markdown', 'read'], ['image/png', 'url-refused'], ['application/octet-stream', 'url-refused'], ['application/jsonp', 'url-refused'], ['', 'url-refused'], [null, 'url-refused'],
  ])('as %s is %s', async (contentType, code) => {
    const { web } = createWeb({ 'a.test': [PUBLIC] }, { 'https://a.test/': page({ contentType }) })
    expect(await codeOf(web, 'https://a.test/')).toBe(code)
  })

  test('too long, or not there, is refused', async () => {
    const { web } = createWeb({ 'a.test': [PUBLIC] }, { 'https://a.test/long': page({ body: null }), 'https://a.test/gone': page({ status: 410 }), 'https://a.test/nowhere': page({ status: 302 }) })
    expect(await codeOf(web, 'https://a.test/long')).toBe('url-refused')
    expect(await codeOf(web, 'https://a.test/gone')).toBe('url-failed')
    expect(await codeOf(web, 'https://a.test/nowhere')).toBe('url-unreachable')
  })

  test('nobody waits longer than the signal says', async () => {
    const never = new Promise<never>(() => {})
    const ending = new AbortController()
    const reading = read({ resolve: () => never, get: () => never }, 'https://a.test/', ending.signal)
    ending.abort()
    expect(await reading).toMatchObject({ ok: false, error: { code: 'url-unreachable' } })
  })
})
