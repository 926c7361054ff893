/** `souk` as a real process, for tests: its records, its words and its exit status. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const PROGRAM = join(import.meta.dirname, '..', 'cli.ts')
/** One for all: compiling anew in every home would be half of what a short command costs. */
const COMPILED = join(import.meta.dirname, '..', '..', '..', '..', 'node_modules', '.souk-test-compiled')

export interface SoukRecord {
  readonly type: string
  readonly [key: string]: unknown
}

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  readonly records: readonly SoukRecord[]
}

export interface SoukProcess {
  readonly child: ChildProcess
  /** The first record, past or future, that fits. Rejects when the process ends before it. */
  waitFor(type: string, fits?: (record: SoukRecord) => boolean): Promise<SoukRecord>
  readonly ended: Promise<Ended>
  /** Ctrl-C's signal, and the end. */
  interrupt(): Promise<Ended>
}

export interface RunOptions {
  readonly environment?: Readonly<Record<string, string>>
  /** Written to standard input, which ends there. Without it there is none. */
  readonly input?: string
}

export interface Home {
  readonly folder: string
  start(args: readonly string[], options?: RunOptions): SoukProcess
  /** Starts and waits for the end. */
  run(args: readonly string[], options?: RunOptions): Promise<Ended>
  /** Kills what still runs and removes everything. */
  close(): Promise<void>
}

/** A machine of its own, as far as Souk is concerned. Nothing of the developer's environment reaches it. */
export function createHome(): Home {
  const folder = mkdtempSync(join(tmpdir(), 'souk-cli-'))
  const running = new Set<SoukProcess>()
  const start: Home['start'] = (args, options = {}) => {
    const started = startSouk(folder, args, options)
    running.add(started)
    void started.ended.then(() => running.delete(started))
    return started
  }
  return {
    folder,
    start,
    run: (args, options) => start(args, options).ended,
    async close() {
      for (const { child } of running) child.kill('SIGKILL')
      await Promise.all([...running].map(({ ended }) => ended))
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

function startSouk(home: string, args: readonly string[], { environment, input }: RunOptions): SoukProcess {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    // Port 9 is closed everywhere: no Ollama of the developer's joins in.
    env: { PATH: process.env['PATH'], HOME: home, SOUK_HOME: home, OLLAMA_HOST: 'http://127.0.0.1:9', NODE_COMPILE_CACHE: COMPILED, ...environment },
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  })
  if (input !== undefined) child.stdin?.end(input)
  const records: SoukRecord[] = []
  const listeners = new Set<() => void>()
  let stdout = ''
  let stderr = ''
  let isGone = false
  const notify = () => {
    for (const listener of new Set(listeners)) listener()
  }
  child.stderr?.on('data', (part: Buffer) => (stderr += part.toString()))
  if (child.stdout !== null) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      stdout += `${line}\n`
      if (!line.startsWith('{')) return
      const record: SoukRecord = JSON.parse(line)
      records.push(record)
      notify()
    })
  }
  const ended = once(child, 'close').then(() => {
    isGone = true
    notify()
    return { code: child.exitCode, stdout, stderr, records }
  })
  return {
    child,
    ended,
    waitFor(type, fits = () => true) {
      return new Promise((resolve, reject) => {
        const look = () => {
          const found = records.find((record) => record.type === type && fits(record))
          if (found) resolve(found)
          else if (isGone) reject(new Error(`souk ${args.join(' ')} ended (${child.exitCode}) without such a ${type} record.\n${stdout}\n${stderr}`))
          else return
          listeners.delete(look)
        }
        listeners.add(look)
        look()
      })
    },
    interrupt() {
      child.kill('SIGINT')
      return ended
    },
  }
}
