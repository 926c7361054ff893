import { createHash, randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { SecretsLocked } from '../engine/ports.ts'
import { openSecretsFile, type AskPassphrase, type SecretsFileOptions } from './secretsFile.ts'

const PHRASE = 'legal winner thank year wave sausage worth useful legal winner thank yellow'
const random = { bytes: (length: number) => new Uint8Array(randomBytes(length)) }

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'souk-secrets-'))
  path = join(folder, 'secrets.json')
})
afterEach(() => rmSync(folder, { recursive: true }))

const open = (options: Partial<SecretsFileOptions> = {}) => openSecretsFile({ path, passphrase: null, random, ...options })
const withPassphrase = (passphrase: string | null) => open({ passphrase: () => Promise.resolve(passphrase) })
const text = () => readFileSync(path, 'utf8')

describe('under a passphrase', () => {
  test('keeps secrets across a restart, encrypted, in a file of its owner’s alone', async () => {
    const first = withPassphrase('correct horse')
    expect(await first.read('phrase')).toBeNull()
    await first.write('phrase', PHRASE)
    await first.write('empty', '')
    expect(first.protection()).toBe('passphrase')
    expect(text()).not.toContain('legal')
    expect(text()).not.toContain(Buffer.from(PHRASE).toString('base64').slice(0, 12))
    expect(statSync(path).mode & 0o777).toBe(0o600)

    const second = withPassphrase('correct horse')
    expect(await second.read('phrase')).toBe(PHRASE)
    expect(await second.read('empty')).toBe('')
    expect(await second.read('other')).toBeNull()
    await second.remove('phrase')
    expect(await second.read('phrase')).toBeNull()
    expect(text()).not.toContain('"phrase"')
    expect(readdirSync(folder)).toEqual(['secrets.json'])
  })

  test('a wrong or missing passphrase is SecretsLocked, changes nothing and says nothing of what was typed', async () => {
    await withPassphrase('correct horse').write('phrase', PHRASE)
    const before = text()
    const wrong = withPassphrase('wrong horse')
    for (const attempt of [() => wrong.read('phrase'), () => wrong.write('phrase', 'x'), () => wrong.remove('phrase'), () => wrong.rewrite(null)]) {
      const error = await attempt().catch((error: unknown) => error)
      expect(error).toBeInstanceOf(SecretsLocked)
      expect(String(error)).toMatch(/not the passphrase/)
      expect(String(error)).not.toContain('wrong horse')
    }
    for (const missing of [withPassphrase(null), withPassphrase(''), open(), open({ allowPlain: true })]) {
      await expect(missing.read('phrase')).rejects.toThrow(/protected by a passphrase.*SOUK_PASSPHRASE/)
      await expect(missing.write('phrase', 'x')).rejects.toThrow(SecretsLocked)
      expect(missing.protection()).toBe('passphrase')
    }
    expect(text()).toBe(before)
  })

  test('asks once for everything, for what purpose, and again after a wrong answer', async () => {
    const asked: string[] = []
    const answers = ['correct horse', 'typo', 'correct horse']
    const passphrase: AskPassphrase = (purpose) => {
      asked.push(purpose)
      return Promise.resolve(answers.shift() ?? null)
    }
    const first = open({ passphrase })
    await Promise.all([first.write('a', '1'), first.write('b', '2'), first.read('a')])
    expect(asked).toEqual(['create'])
    const second = open({ passphrase })
    await expect(second.read('a')).rejects.toThrow(SecretsLocked)
    expect(await Promise.all([second.read('a'), second.read('b')])).toEqual(['1', '2'])
    expect(asked).toEqual(['create', 'open', 'open'])
  })

  test('the same passphrase written with other code points opens it', async () => {
    await withPassphrase('Å\u00E9ﬁ').write('a', '1')
    expect(await withPassphrase('A\u030Ae\u0301fi').read('a')).toBe('1')
  })

  test('a value moved to another name does not open', async () => {
    await withPassphrase('correct horse').write('a', '1')
    const file = withPassphrase('correct horse')
    await file.write('b', '2')
    const moved = text().replace('"a": {', '"x": {').replace('"b": {', '"a": {').replace('"x": {', '"b": {')
    const json = JSON.parse(moved) as { digest: string; body: unknown }
    writeFileSync(path, JSON.stringify({ ...json, digest: createHash('sha256').update(JSON.stringify(json.body)).digest('hex') }))
    await expect(withPassphrase('correct horse').read('a')).rejects.toThrow(/changed by hand/)
  })
})

describe('in plain text', () => {
  test('only when that was said', async () => {
    await expect(open().write('a', '1')).rejects.toThrow(/passphrase is needed/)
    expect(existsSync(path)).toBe(false)
    expect(open().protection()).toBe('passphrase')

    const plain = open({ allowPlain: true })
    expect(plain.protection()).toBe('plain')
    await plain.write('a', 'in the clear')
    expect(text()).toContain('in the clear')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(await open().read('a')).toBe('in the clear')
  })

  test('a plain file stays what it says it is, also when a passphrase could be had', async () => {
    await open({ allowPlain: true }).write('a', '1')
    const file = withPassphrase('unused')
    expect(file.protection()).toBe('plain')
    expect(await file.read('a')).toBe('1')
  })
})

describe('rewrite', () => {
  test('from plain to a passphrase, to another, and back', async () => {
    const file = open({ allowPlain: true })
    await file.write('a', 'in the clear')
    await file.rewrite('first')
    expect(file.protection()).toBe('passphrase')
    expect(text()).not.toContain('in the clear')
    await file.write('b', '2')

    const second = withPassphrase('first')
    await second.rewrite('second')
    await expect(withPassphrase('first').read('a')).rejects.toThrow(SecretsLocked)
    const third = withPassphrase('second')
    expect([await third.read('a'), await third.read('b')]).toEqual(['in the clear', '2'])
    await third.rewrite(null)
    expect(third.protection()).toBe('plain')
    expect(await open().read('b')).toBe('2')
    await expect(third.rewrite('')).rejects.toThrow(SecretsLocked)
  })

  test('through the page it takes the passphrase in force, though the file is open', async () => {
    const file = open({ allowPlain: true })
    await file.write('a', 'in the clear')
    await file.protect(null, 'first one')
    expect(file.protection()).toBe('passphrase')
    expect(text()).not.toContain('in the clear')
    const before = text()
    for (const wrong of [null, '', 'first on', 'the second']) {
      const error = await file.protect(wrong, 'the second').catch((error: unknown) => error)
      expect(error).toBeInstanceOf(SecretsLocked)
      expect(String(error)).toMatch(/not the passphrase in force. Nothing was changed/)
      expect(String(error)).not.toMatch(/first|second/)
    }
    expect(text()).toBe(before)
    await file.protect('first one', 'the second')
    expect(await withPassphrase('the second').read('a')).toBe('in the clear')
    await file.protect('the second', null)
    expect(await open().read('a')).toBe('in the clear')
  })

  test('before there is anything, decides how the first secret rests', async () => {
    const file = open({ allowPlain: true })
    await file.rewrite('first')
    await file.write('a', '1')
    expect(await withPassphrase('first').read('a')).toBe('1')
  })
})

describe('a file that is not right', () => {
  let whole: string
  beforeAll(async () => {
    const other = mkdtempSync(join(tmpdir(), 'souk-secrets-'))
    await openSecretsFile({ path: join(other, 'secrets.json'), passphrase: () => Promise.resolve('correct horse'), random }).write('phrase', PHRASE)
    whole = readFileSync(join(other, 'secrets.json'), 'utf8')
    rmSync(other, { recursive: true })
  })

  test.each([
    ['cut short', (whole: string) => whole.slice(0, -20)],
    ['empty', () => ''],
    ['a flipped character in a box', (whole: string) => whole.replace(/"box": "(.)/, (_all, first: string) => `"box": "${first === 'A' ? 'B' : 'A'}`)],
    ['another format', () => '{"format":"other"}'],
    ['a key recipe that would eat the memory', (whole: string) => whole.replace('"logN": 16', '"logN": 40')],
  ])('%s: is put aside whole, said, and not replaced in this run', async (_name, damage) => {
    const damaged = damage(whole)
    expect(damaged).not.toBe(whole)
    writeFileSync(path, damaged)

    const file = withPassphrase('correct horse')
    expect(readFileSync(file.quarantined ?? '', 'utf8')).toBe(damaged)
    for (const attempt of [() => file.read('phrase'), () => file.write('phrase', 'x'), () => file.rewrite(null)]) {
      await expect(attempt()).rejects.toThrow(/damaged.*kept as .*secrets\.json\.damaged-.*Restore a backup/)
    }
    expect(existsSync(path)).toBe(false)

    const next = open({ allowPlain: true })
    await next.write('phrase', 'new')
    expect(await next.read('phrase')).toBe('new')
    expect(readdirSync(folder)).toHaveLength(2)
  })

  test('one of a newer Souk stays where it is', async () => {
    await open({ allowPlain: true }).write('a', '1')
    writeFileSync(path, text().replace('"version": 1', '"version": 2'))
    const before = text()
    await expect(open().read('a')).rejects.toThrow(/newer Souk/)
    await expect(open({ allowPlain: true }).write('a', '2')).rejects.toThrow(SecretsLocked)
    expect(text()).toBe(before)
  })

  test('one that cannot be read is said to be so, and left alone', async () => {
    mkdirSync(path)
    await expect(open({ allowPlain: true }).write('a', '1')).rejects.toThrow(/Cannot read the secrets.*EISDIR/)
  })

  test('one that others may read is closed to them', async () => {
    await open({ allowPlain: true }).write('a', '1')
    chmodSync(path, 0o644)
    open()
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  test('what a crash left of a write is removed, and a link put in its place is not followed', async () => {
    await open({ allowPlain: true }).write('a', '1')
    writeFileSync(`${path}.new`, 'half a secret')
    const file = open()
    expect(existsSync(`${path}.new`)).toBe(false)
    writeFileSync(join(folder, 'target'), 'untouched')
    symlinkSync(join(folder, 'target'), `${path}.new`)
    await file.write('a', '2')
    expect(readFileSync(join(folder, 'target'), 'utf8')).toBe('untouched')
    expect(await open().read('a')).toBe('2')
  })

  test('a write that fails leaves the old file and the old answer', async () => {
    const file = open({ allowPlain: true })
    await file.write('a', '1')
    mkdirSync(`${path}.new`)
    await expect(file.write('a', '2')).rejects.toThrow()
    expect(await file.read('a')).toBe('1')
    rmSync(`${path}.new`, { recursive: true })
    await file.write('a', '3')
    expect(await open().read('a')).toBe('3')
  })
})
