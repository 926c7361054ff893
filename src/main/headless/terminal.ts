/** What every command needs of a terminal: words, machine lines, an end by Ctrl-C, and an exit code. */
import { createInterface } from 'node:readline'
import { EXIT, type ExitCode } from './exitCodes.ts'

/** A command's end that is not a success: what it says, and what the shell sees. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed'
  readonly exitCode: ExitCode
  readonly code: string
  constructor(exitCode: ExitCode, code: string, message: string) {
    super(message)
    this.exitCode = exitCode
    this.code = code
  }
}

export interface Output {
  /** For a person, on standard error; nothing with --json. */
  say(line: string): void
  /** What was asked for, as a line on standard output; nothing with --json. */
  print(line: string): void
  /** For a machine, one JSON object a line on standard output; nothing without --json. */
  tell(record: { readonly type: string; readonly [key: string]: unknown }): void
  /** The answer itself, on standard output as it comes; with --json it goes out as `text` records. */
  write(text: string): void
  /** Ends the answer's last line, for a person's shell. */
  endLine(): void
}

export function createOutput(json: boolean): Output {
  return {
    say: (line) => void (json || process.stderr.write(`${plainText(line)}\n`)),
    print: (line) => void (json || process.stdout.write(`${plainText(line)}\n`)),
    tell: (record) => void (json && process.stdout.write(`${JSON.stringify(record)}\n`)),
    // A file or a pipe gets the answer as it is; a terminal would obey what a stranger wrote into it.
    write: (text) => void process.stdout.write(json ? `${JSON.stringify({ type: 'text', text })}\n` : process.stdout.isTTY ? plainText(text) : text),
    endLine: () => void (json || process.stdout.write('\n')),
  }
}

/** Control characters except line ends and tabs, and what turns the direction of writing: strangers' names, notes and answers pass here. */
// oxlint-disable-next-line no-control-regex -- these are what it is for
const COMMANDS_TO_A_TERMINAL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/gu

/** Text that a terminal shows and does not obey. */
export function plainText(text: string): string {
  return text.replaceAll('\r\n', '\n').replaceAll(COMMANDS_TO_A_TERMINAL, '\ufffd')
}

export interface Interrupt {
  readonly interrupted: Promise<void>
  readonly signal: AbortSignal
  stop(): void
}

/**
 * Resolves at the first Ctrl-C or SIGTERM, and when nobody reads the output any more. A second signal ends the process
 * at once, as a person expects.
 */
export function waitForInterrupt(): Interrupt {
  const controller = new AbortController()
  let resolveInterrupted = () => {}
  const interrupted = new Promise<void>((resolve) => {
    resolveInterrupted = resolve
  })
  const end = () => {
    controller.abort()
    resolveInterrupted()
  }
  const onSignal = () => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted)
    end()
  }
  for (const name of SIGNALS) process.on(name, onSignal)
  process.stdout.on('error', end)
  return {
    interrupted,
    signal: controller.signal,
    stop() {
      for (const name of SIGNALS) process.off(name, onSignal)
      process.stdout.off('error', end)
    },
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/** Waits for either; an interrupt is thrown as the command's end. */
export async function orInterrupted<T>(work: Promise<T>, interrupt: Interrupt, message: string): Promise<T> {
  const winner = await Promise.race([work.then((value) => ({ value })), interrupt.interrupted])
  if (winner === undefined) throw new CommandFailed(EXIT.interrupted, 'interrupted', message)
  return winner.value
}

/** Node ends when nothing is left to do, and the engine's timers do not count: this does. */
export function keepAlive(): () => void {
  const timer = setInterval(() => {}, 2 ** 30)
  return () => clearInterval(timer)
}

/** Whether there is somebody to ask. */
export function canAsk(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY
}

/** Asks one line on standard error. Null on Ctrl-C and Ctrl-D. Call only where `canAsk`. */
export function askLine(question: string): Promise<string | null> {
  const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: true, historySize: 0 })
  return new Promise((resolve) => {
    let isAnswered = false
    const finish = (answer: string | null) => {
      if (isAnswered) return
      isAnswered = true
      // Its own listeners stay on until it has closed: one of them lets go of the keyboard, and what is typed next may be a passphrase.
      lines.close()
      process.stdin.pause()
      if (answer === null) process.stderr.write('\n')
      resolve(answer)
    }
    lines.once('SIGINT', () => finish(null))
    lines.once('close', () => finish(null))
    lines.question(question, finish)
  })
}
