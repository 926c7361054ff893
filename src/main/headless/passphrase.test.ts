import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { SecretsLocked } from '../engine/ports.ts'
import { createPassphraseReader } from './passphrase.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'souk-passphrase-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** A terminal that types each line once it has been asked for it, and keeps what it was shown. */
function createTerminal(answers: readonly string[]) {
  const input = Object.assign(new PassThrough(), { isTTY: true })
  const left = [...answers]
  let shown = ''
  const output = new PassThrough()
  output.on('data', (data: Buffer) => {
    shown += data.toString()
    const answer = shown.endsWith(': ') ? left.shift() : undefined
    if (answer !== undefined) input.write(answer)
  })
  return { input, output, shown: () => shown, left: () => left.length }
}

function descriptorOf(content: string): number {
  const path = join(folder, 'passphrase')
  writeFileSync(path, content)
  return openSync(path, 'r')
}

const silent = { input: new PassThrough(), output: new PassThrough() }

test('the environment variable answers, and an empty one is none', async () => {
  expect(await createPassphraseReader({ environment: { SOUK_PASSPHRASE: ' spaces kept ' }, fileDescriptor: null, ...silent })?.('open')).toBe(' spaces kept ')
  expect(createPassphraseReader({ environment: { SOUK_PASSPHRASE: '' }, fileDescriptor: null, ...silent })).toBeNull()
  expect(createPassphraseReader({ environment: {}, fileDescriptor: null, ...silent })).toBeNull()
})

describe('a file descriptor', () => {
  test.each([['secret\n', 'secret'], ['secret\r\n', 'secret'], ['two\nlines', 'two\nlines'], ['', '']])('holding %j gives %j, each time it is asked', async (content, expected) => {
    const ask = createPassphraseReader({ environment: { SOUK_PASSPHRASE: 'less' }, fileDescriptor: descriptorOf(content), ...silent })
    expect([await ask?.('open'), await ask?.('create')]).toEqual([expected, expected])
  })

  test('that is not open, or holds too much, is SecretsLocked with the reason', async () => {
    const closed = createPassphraseReader({ environment: {}, fileDescriptor: 987, ...silent })
    await expect(closed?.('open')).rejects.toThrow(SecretsLocked)
    await expect(closed?.('open')).rejects.toThrow(/descriptor 987 \(EBADF\)/)
    const long = createPassphraseReader({ environment: {}, fileDescriptor: descriptorOf('x'.repeat(5_000)), ...silent })
    await expect(long?.('open')).rejects.toThrow(/too long/)
  })
})

describe('a terminal', () => {
  const readerOn = (terminal: ReturnType<typeof createTerminal>) => createPassphraseReader({ environment: {}, fileDescriptor: null, ...terminal })

  test('is asked, understands backspace, and shows nothing of the answer', async () => {
    const terminal = createTerminal(['sécx\u007Fret\r'])
    expect(await readerOn(terminal)?.('open')).toBe('sécret')
    expect(terminal.shown()).toBe('Passphrase: \n')
  })

  test.each([['Ctrl-C', 'half\u0003'], ['Ctrl-D', '\u0004']])('%s is no answer', async (_name, typed) => {
    expect(await readerOn(createTerminal([typed]))?.('open')).toBeNull()
  })

  test('is asked twice for a new one, until both agree and are long enough', async () => {
    const terminal = createTerminal(['short\r', 'long enough\r', 'long enouhg\r', 'long enough\r', 'long enough\r'])
    expect(await readerOn(terminal)?.('create')).toBe('long enough')
    expect(terminal.shown()).toMatch(/At least 8 characters.*The two differ\./s)
    expect(terminal.left()).toBe(0)
  })

  test('is given up on after three tries', async () => {
    expect(await readerOn(createTerminal(['a\r', 'b\r', 'c\r', 'never asked\r']))?.('create')).toBeNull()
  })
})
