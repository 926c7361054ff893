/** What every command needs of a terminal: words, machine lines, an end by Ctrl-C, and an exit code. */
import type { ExitCode } from './exitCodes.ts'

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
  /** For a machine, one JSON object a line on standard output; nothing without --json. */
  tell(record: { readonly type: string; readonly [key: string]: unknown }): void
  /** The answer itself, on standard output as it comes; with --json it goes out as `text` records. */
  write(text: string): void
  /** Ends the answer's last line, for a person's shell. */
  endLine(): void
}

export function createOutput(json: boolean): Output {
  return {
    say: (line) => void (json || process.stderr.write(`${line}\n`)),
    tell: (record) => void (json && process.stdout.write(`${JSON.stringify(record)}\n`)),
    write: (text) => void (json ? process.stdout.write(`${JSON.stringify({ type: 'text', text })}\n`) : process.stdout.write(text)),
    endLine: () => void (json || process.stdout.write('\n')),
  }
}

/** Resolves at the first Ctrl-C or SIGTERM. A second one ends the process at once, as a person expects. */
export function waitForInterrupt(): { readonly interrupted: Promise<void>; readonly signal: AbortSignal; stop(): void } {
  const controller = new AbortController()
  let onSignal = () => {}
  const interrupted = new Promise<void>((resolve) => {
    onSignal = () => {
      if (controller.signal.aborted) process.exit(130)
      controller.abort()
      resolve()
    }
  })
  for (const name of SIGNALS) process.on(name, onSignal)
  return {
    interrupted,
    signal: controller.signal,
    stop() {
      for (const name of SIGNALS) process.off(name, onSignal)
    },
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/** Node ends when nothing is left to do, and the engine's timers do not count: this does. */
export function keepAlive(): () => void {
  const timer = setInterval(() => {}, 2 ** 30)
  return () => clearInterval(timer)
}
