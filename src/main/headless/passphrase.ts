import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { MIN_PASSPHRASE_CHARS } from '#shared/passphrase.ts'
import { SecretsLocked } from '../engine/ports.ts'
import type { AskPassphrase } from './secretsFile.ts'

/** Where a passphrase may come from. Never from an argument: those are in everybody's process list. */
export interface PassphraseSources {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** `--passphrase-fd N`, null when not given. Comes before the environment. */
  readonly fileDescriptor: number | null
  /** Asked last, and only when it is a terminal. */
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean }
  /** Where the question goes: standard error, so that standard output stays the program's answer. */
  readonly output: NodeJS.WritableStream
}

export const PASSPHRASE_VARIABLE = 'SOUK_PASSPHRASE'
const MAX_BYTES = 4_096
const MAX_ATTEMPTS = 3

/** Null when there is no source at all, so that the caller can say so before anything depends on it. */
export function createPassphraseReader({ environment, fileDescriptor, input, output }: PassphraseSources): AskPassphrase | null {
  if (fileDescriptor !== null) {
    // A descriptor can be read once; whoever asks again gets the same answer.
    let answer: Promise<string> | undefined
    return () => (answer ??= readDescriptor(fileDescriptor))
  }
  const variable = environment[PASSPHRASE_VARIABLE]
  if (variable !== undefined && variable !== '') return () => Promise.resolve(variable)
  if (input.isTTY !== true) return null
  return (purpose) => (purpose === 'open' ? promptHidden('Passphrase: ', input, output) : promptNew(input, output))
}

async function readDescriptor(fileDescriptor: number): Promise<string> {
  const parts: Buffer[] = []
  try {
    // One byte more than allowed tells too long from just right.
    for await (const part of createReadStream('', { fd: fileDescriptor, end: MAX_BYTES, autoClose: true })) parts.push(part as Buffer)
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw new SecretsLocked(`Cannot read a passphrase from file descriptor ${fileDescriptor} (${reason}). Open it when starting Souk: --passphrase-fd 3 3<file`)
  }
  const bytes = Buffer.concat(parts)
  if (bytes.length > MAX_BYTES) throw new SecretsLocked(`What file descriptor ${fileDescriptor} holds is too long for a passphrase.`)
  return bytes.toString('utf8').replace(/\r?\n$/, '')
}

async function promptNew(input: NodeJS.ReadableStream, output: NodeJS.WritableStream): Promise<string | null> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const first = await promptHidden('New passphrase: ', input, output)
    if (first === null) return null
    if (first.length < MIN_PASSPHRASE_CHARS) {
      output.write(`At least ${MIN_PASSPHRASE_CHARS} characters, please.\n`)
      continue
    }
    const second = await promptHidden('The same again: ', input, output)
    if (second === null) return null
    if (second === first) return first
    output.write('The two differ.\n')
  }
  return null
}

/** One line, unseen. Null on Ctrl-C, Ctrl-D or when the terminal goes away. */
function promptHidden(question: string, input: NodeJS.ReadableStream, output: NodeJS.WritableStream): Promise<string | null> {
  // readline edits the line and would show it: what it shows goes nowhere.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input, output: nowhere, terminal: true, historySize: 0 })
  return new Promise((resolve) => {
    let isAnswered = false
    const finish = (answer: string | null) => {
      if (isAnswered) return
      isAnswered = true
      // Its own listeners stay on until it has closed: one of them gives the keyboard back.
      lines.close()
      output.write('\n')
      resolve(answer)
    }
    lines.once('line', finish)
    lines.once('SIGINT', () => finish(null))
    lines.once('close', () => finish(null))
    output.write(question)
  })
}
