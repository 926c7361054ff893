/** One command's time with an engine: opens it, hands it out, and closes it whatever happens. */
import type { Engine } from '#engine/engine.ts'
import type { Problem } from '#shared/market/result.ts'
import { EXIT, type ExitCode } from './exitCodes.ts'
import { openSouk, type CommonOptions } from './openSouk.ts'
import { CommandFailed, createOutput, keepAlive, waitForInterrupt, type Interrupt, type Output } from './terminal.ts'

export interface Session {
  readonly engine: Engine
  readonly output: Output
  readonly interrupt: Interrupt
}

export interface SessionOptions extends CommonOptions {
  readonly json?: boolean | undefined
}

/** `whenInUse`: the folder to take instead when the usual one is another Souk's; null where there is none to take. */
export async function withEngine(options: SessionOptions, shell: 'terminal' | 'browser', run: (session: Session) => Promise<void>, whenInUse: string | null = null): Promise<void> {
  const output = createOutput(options.json === true)
  const interrupt = waitForInterrupt()
  const release = keepAlive()
  try {
    const engine = await openEngine(options, shell, output, whenInUse)
    try {
      if (interrupt.signal.aborted) throw new CommandFailed(EXIT.interrupted, 'interrupted', 'Interrupted. Nothing was done.')
      for (const [id, notice] of Object.entries(engine.notices.current.get())) {
        output.say(notice.message)
        output.tell({ type: 'notice', id, level: notice.level, message: notice.message })
      }
      await run({ engine, output, interrupt })
    } finally {
      await engine.close()
    }
  } finally {
    interrupt.stop()
    release()
  }
}

async function openEngine(options: SessionOptions, shell: 'terminal' | 'browser', output: Output, whenInUse: string | null): Promise<Engine> {
  const opened = await openSouk(options, shell)
  if (opened.ok) return opened.value
  if (!TAKEN_CODES.has(opened.error.code) || whenInUse === null) throw failureOf(opened.error)
  const second = await openSouk({ ...options, data: whenInUse }, shell)
  if (!second.ok) throw failureOf(second.error)
  output.say(`The usual folder is another Souk’s, so this one is a person of its own, with a wallet of its own, in ${whenInUse}. --data chooses another.`)
  output.tell({ type: 'folder', data: whenInUse })
  return second.value
}

const TAKEN_CODES: ReadonlySet<string> = new Set(['folder-in-use', 'kept-by-desktop'])

/** What the person typed or set, and what the machine would not do. */
const USAGE_CODES: ReadonlySet<string> = new Set(['bad-network', 'mainnet-later', 'trial-needs-sandbox', 'no-wallet-for-network', 'bad-relay', 'invalid-connection'])

export function failureOf(problem: Problem): CommandFailed {
  const exitCode: ExitCode = USAGE_CODES.has(problem.code) ? EXIT.usage : EXIT.failed
  return new CommandFailed(exitCode, problem.code, problem.message)
}
