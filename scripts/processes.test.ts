import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runToEnd } from './processes.mjs'
import { withLock } from './setup/lock.mjs'

const processes = JSON.stringify(join(import.meta.dirname, 'processes.mjs'))
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'souk-processes-'))
})

afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Starts a Node that runs `child` through `run`, waits until the child printed its id, and returns both. */
async function startRunner(run: 'runInForeground' | 'runToEnd', child: string) {
  const code = `import { ${run} } from ${processes}
    const result = await ${run}(process.execPath, ['--eval', ${JSON.stringify(child)}])
    process.exitCode = typeof result === 'number' ? result : result.status`
  const runner = spawn(process.execPath, ['--input-type=module', '--eval', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(runner.stdout, 'data')) as [Buffer]
  return { runner, childPid: Number(line.toString()) }
}

const staysUntilInterrupted = "console.log(process.pid); setInterval(() => {}, 1000); process.on('SIGINT', () => process.exit(0))"

describe.skipIf(process.platform === 'win32')('an interrupted run', () => {
  test.each(['runInForeground', 'runToEnd'] as const)('with %s ends the child and reports 130, even when the child itself ends well', async (run) => {
    const { runner, childPid } = await startRunner(run, staysUntilInterrupted)
    runner.kill('SIGINT')
    const [status] = (await once(runner, 'exit')) as [number | null]
    expect(status).toBe(130)
    expect(isAlive(childPid)).toBe(false)
  })

  test('a program that outlives its time is ended together with what it started', async () => {
    // The grandchild holds a connection: its end is seen as the connection's.
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    const grandchild = `require('node:net').connect(${address.port}, '127.0.0.1')`
    const child = `require('node:child_process').spawn(process.execPath, ['--eval', ${JSON.stringify(grandchild)}], { stdio: 'inherit' }); setInterval(() => {}, 1000)`
    const closed = once(server, 'connection').then(async ([socket]: unknown[]) => {
      if (!(socket instanceof Socket)) throw new Error('no connection')
      socket.on('error', () => {})
      await once(socket.resume(), 'close')
    })
    const { ended, status } = await runToEnd(process.execPath, ['--eval', child], { quiet: true, timeoutMs: 4000 })
    expect(ended).toBe('timeout')
    expect(status).toBe(137)
    await closed
    server.close()
  })

  test('reports the signal that ended a program as a shell does', async () => {
    const { status } = await runToEnd(process.execPath, ['--eval', "process.kill(process.pid, 'SIGTERM'); setInterval(() => {}, 1000)"], { quiet: true })
    expect(status).toBe(143)
  })
})

describe('a lock file', () => {
  test('lets one in at a time and is gone afterwards', async () => {
    const path = join(folder, 'lock')
    let inside = 0
    const entries: number[] = []
    const enter = async () => {
      entries.push((inside += 1))
      await new Promise((done) => setImmediate(done))
      inside -= 1
    }
    await Promise.all([withLock(path, enter), withLock(path, enter), withLock(path, enter)])
    expect(entries).toEqual([1, 1, 1])
    await expect(rm(path)).rejects.toThrow('ENOENT')
  })

  test('left behind by a process that is gone is taken over', async () => {
    const path = join(folder, 'lock')
    const lock = JSON.stringify(join(import.meta.dirname, 'setup', 'lock.mjs'))
    const code = `import { withLock } from ${lock}; await withLock(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
    await runToEnd(process.execPath, ['--input-type=module', '--eval', code], { quiet: true })
    expect(await withLock(path, () => Promise.resolve('in'))).toBe('in')
  })
})
