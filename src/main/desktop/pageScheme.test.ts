import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { PAGE_URL, handlePageScheme, pageUrlCheck, registerPageScheme } from './pageScheme.ts'

describe('the page’s scheme', () => {
  let folder: string
  let answer: (request: Request) => Promise<Response>
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'souk-scheme-'))
    await mkdir(join(folder, 'page'))
    await writeFile(join(folder, 'page/index.html'), 'the page')
    await writeFile(join(folder, 'secret.json'), 'secret')
    handlePageScheme({ handle: (_scheme, handler) => (answer = handler) }, join(folder, 'page'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('answers the page, guarded', async () => {
    const response = await answer(new Request(PAGE_URL))
    expect(await response.text()).toBe('the page')
    expect(response.headers.get('content-security-policy')).toContain("connect-src 'self'")
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  })

  it.each(['souk://app/../secret.json', 'souk://app/%2e%2e%2fsecret.json', 'souk://app/nothing.html', 'souk://other/', 'souk://app.evil/index.html'])('has nothing at %s', async (url) => {
    const response = await answer(new Request(url))
    expect(response.ok).toBe(false)
    expect(await response.text()).not.toContain('secret')
  })

  it('answers only GET', async () => {
    expect((await answer(new Request(PAGE_URL, { method: 'POST', body: 'x' }))).status).toBe(403)
  })

  it('is a secure origin of its own', () => {
    let registered: unknown
    registerPageScheme({ registerSchemesAsPrivileged: (schemes) => (registered = schemes) })
    expect(registered).toEqual([{ scheme: 'souk', privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } }])
  })

  it.each([
    ['souk://app/', true],
    ['souk://app/index.html#/buy', true],
    ['souk://app.evil/', false],
    ['souk://user@app/', false],
    ['souk://evil/app/', false],
    ['https://app/', false],
    ['file:///app/', false],
    ['about:blank', false],
    ['javascript:alert(1)', false],
    ['', false],
  ])('tells whether %s is ours', (url, ours) => {
    expect(pageUrlCheck()(url)).toBe(ours)
  })

  it('takes only the development server for ours when there is one', () => {
    const isOurs = pageUrlCheck('http://localhost:5173/')
    expect(['http://localhost:5173/x', 'http://localhost:5174/', 'http://localhost.evil:5173/', 'souk://app/'].map(isOurs)).toEqual([true, false, false, false])
  })
})
