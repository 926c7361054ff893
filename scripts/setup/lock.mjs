import { randomUUID } from 'node:crypto'
import { linkSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'

const beatMs = 5_000
const abandonedAfterMs = 30_000

function isAbandoned(path) {
  try {
    const holder = JSON.parse(readFileSync(path, 'utf8'))
    if (Date.now() - statSync(path).mtimeMs > abandonedAfterMs) return true
    if (holder.host !== hostname()) return false
    process.kill(holder.pid, 0)
    return false
  } catch (error) {
    // ESRCH: its process is gone. Anything else (half-written, not ours to signal, just removed) is left to its heartbeat.
    return error.code === 'ESRCH'
  }
}

/** Moves an abandoned lock aside; puts it back when somebody else had replaced it by a living one in between. */
function removeAbandoned(path) {
  const aside = `${path}.${randomUUID()}`
  try {
    renameSync(path, aside)
    if (!isAbandoned(aside)) linkSync(aside, path)
  } catch {
    // Somebody else was quicker; the next turn sees what is there now.
  } finally {
    rmSync(aside, { force: true })
  }
}

/**
 * Runs `work` while holding the lock file at `path`, which only one process of all that share the folder can hold.
 * A holder that died or stopped giving signs of life loses it.
 * @template T
 * @param {string} path
 * @param {() => Promise<T>} work
 * @param {{ onWait?: () => void }} [options] `onWait` is called once, when somebody else holds it
 * @returns {Promise<T>}
 */
export async function withLock(path, work, { onWait } = {}) {
  const holder = JSON.stringify({ pid: process.pid, host: hostname(), id: randomUUID() })
  let told = false
  for (;;) {
    try {
      writeFileSync(path, holder, { flag: 'wx' })
      break
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    if (isAbandoned(path)) {
      removeAbandoned(path)
      continue
    }
    if (!told) onWait?.()
    told = true
    await delay(200)
  }
  const release = () => {
    if (readHolder(path) === holder) rmSync(path, { force: true })
  }
  const heartbeat = setInterval(() => touch(path), beatMs)
  process.once('exit', release)
  try {
    return await work()
  } finally {
    clearInterval(heartbeat)
    process.off('exit', release)
    release()
  }
}

function readHolder(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function touch(path) {
  try {
    const now = new Date()
    utimesSync(path, now, now)
  } catch {
    // Removed by hand: the next holder finds no lock, and so do we.
  }
}
