import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'

const onWindows = process.platform === 'win32'
const forwardedSignals = onWindows ? ['SIGINT', 'SIGTERM', 'SIGBREAK'] : ['SIGINT', 'SIGTERM', 'SIGHUP']
/** How long an interrupted process may take to put its things away before it is ended for it. */
const patienceMs = 15_000

/** What a shell reports for a process that a signal ended: 130 for Ctrl-C. */
export function exitStatusOfSignal(signal) {
  return 128 + (constants.signals[signal] ?? 0)
}

/** Ends a process and everything it started. Needs a process group of its own (`detached`) outside Windows. */
function endTree(child, signal) {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  if (onWindows) {
    spawn('taskkill', ['/pid', String(child.pid), '/t', '/f'], { stdio: 'ignore', windowsHide: true })
    return
  }
  try {
    process.kill(-child.pid, signal)
  } catch {
    // It ended between the check and the signal.
  }
}

/**
 * Passes the signals we get on to `deliver` until the returned function is called, and remembers the first.
 * A second Ctrl-C, or patience running out, ends the child at once.
 */
function relaySignals(deliver) {
  let first
  let firstAtMs = 0
  let timer
  const handlers = forwardedSignals.map((signal) => {
    const handle = () => {
      const nowMs = performance.now()
      // npm repeats to us the Ctrl-C that the terminal already sent: the same press, not a second one.
      if (first !== undefined && nowMs - firstAtMs < 500) return
      if (first !== undefined) {
        deliver('SIGKILL')
        return
      }
      first = signal
      firstAtMs = nowMs
      deliver(signal)
      timer = setTimeout(() => deliver('SIGKILL'), patienceMs)
      timer.unref()
    }
    process.on(signal, handle)
    return [signal, handle]
  })
  return () => {
    clearTimeout(timer)
    for (const [signal, handle] of handlers) process.off(signal, handle)
    return first
  }
}

function whenEnded(child) {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve({ code, signal }))
  })
}

function statusOf({ code, signal }, interruptedBy) {
  if (interruptedBy !== undefined) return exitStatusOfSignal(interruptedBy)
  return signal === null ? (code ?? 1) : exitStatusOfSignal(signal)
}

/**
 * Runs a program in the foreground, on our own terminal, and resolves to its exit status. Signals reach it;
 * 130 after Ctrl-C, whatever the program made of it.
 * @param {string} command a path, never a name looked up by a shell
 * @param {string[]} commandArguments
 */
export async function runInForeground(command, commandArguments, { cwd, env } = {}) {
  const child = spawn(command, commandArguments, { stdio: 'inherit', cwd, env })
  // On a terminal the child shares our process group: Ctrl-C has reached it already, and twice would mean "at once" to it.
  const onTerminal = [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY)
  const stopRelaying = relaySignals((signal) => {
    if (!(signal === 'SIGINT' && onTerminal)) child.kill(signal)
  })
  try {
    const ended = await whenEnded(child)
    return statusOf(ended, stopRelaying())
  } finally {
    stopRelaying()
  }
}

/**
 * Runs a program that needs no keyboard in a process group of its own, so that all it started ends with it.
 * @param {object} options
 * @param {boolean} [options.quiet] keep its output instead of showing it
 * @param {number} [options.timeoutMs] end it after this long
 * @param {number} [options.silenceMs] end it when it prints nothing for this long
 * @param {boolean} [options.disposable] nothing of it is worth putting away, so an interruption ends it at once
 * @returns {Promise<{ status: number, output: string, ended: 'exit' | 'timeout' | 'silence' | 'interrupt' }>}
 */
export async function runToEnd(command, commandArguments, options = {}) {
  const { cwd, env, quiet = false, timeoutMs, silenceMs, shell = false, disposable = false } = options
  const child = spawn(command, commandArguments, {
    cwd,
    env,
    shell,
    detached: !onWindows,
    windowsHide: true,
    stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
  })
  let output = ''
  let why = 'exit'
  const end = (reason) => {
    why = reason
    endTree(child, 'SIGKILL')
  }
  const timeout = timeoutMs === undefined ? undefined : setTimeout(() => end('timeout'), timeoutMs)
  const silence = silenceMs === undefined ? undefined : setTimeout(() => end('silence'), silenceMs)
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text) => {
      output = (output + text).slice(-200_000)
      silence?.refresh()
    })
  }
  const stopRelaying = relaySignals((signal) => {
    why = 'interrupt'
    endTree(child, disposable ? 'SIGKILL' : signal)
  })
  try {
    const closed = new Promise((resolve) => child.once('close', resolve))
    const ended = await whenEnded(child)
    // A grandchild may keep the pipe open; what the program itself wrote is here within a moment.
    await Promise.race([closed, delay(1000, undefined, { ref: false })])
    // What a killed program leaves behind in its group (a browser, a server) must not outlive it.
    if (why !== 'exit' && !onWindows && child.pid !== undefined) killGroup(child.pid)
    return { status: statusOf(ended, stopRelaying()), output, ended: why }
  } finally {
    clearTimeout(timeout)
    clearTimeout(silence)
    stopRelaying()
  }
}

function killGroup(groupId) {
  try {
    process.kill(-groupId, 'SIGKILL')
  } catch {
    // Nobody is left in it.
  }
}
