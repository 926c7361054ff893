#!/usr/bin/env node
/** `souk`: the engine in the terminal. */
import { CommanderError } from 'commander'
import { keepCompiledCode } from './compiledCode.ts'
import { EXIT } from './exitCodes.ts'
import { createProgram } from './program.ts'
import { CommandFailed, plainText } from './terminal.ts'

const wantsJson = process.argv.includes('--json')

// Whoever reads the output may leave before its end; the commands that run on hear of it themselves.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})

// The doctor looks at a machine and leaves nothing on it.
if (process.argv[2] !== 'doctor') keepCompiledCode()
try {
  await createProgram(wantsJson).parseAsync()
} catch (error) {
  process.exitCode = explain(error)
}

function explain(error: unknown): number {
  if (error instanceof CommandFailed) {
    if (wantsJson) process.stdout.write(`${JSON.stringify({ type: 'error', code: error.code, message: error.message })}\n`)
    else process.stderr.write(`souk: ${plainText(error.message)}\n`)
    return error.exitCode
  }
  // Commander has said it already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
  const message = error instanceof Error ? error.message : String(error)
  if (wantsJson) process.stdout.write(`${JSON.stringify({ type: 'error', code: 'bug', message })}\n`)
  process.stderr.write(`souk: ${plainText(message)}\nThis is a bug${process.argv.includes('--verbose') ? '' : '; --verbose shows where'}.\n`)
  if (process.argv.includes('--verbose') && error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`)
  return EXIT.failed
}
