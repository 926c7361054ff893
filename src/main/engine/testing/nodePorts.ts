/** The engine's ports for tests that run it whole: real time, real randomness, real sockets, secrets in a plain file. */
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { EnginePorts, EngineWraps } from '../engine.ts'
import { openWebSocketWithWs } from '../nostr/openWebSocket.ts'
import type { Clock, Log, Random, Secrets } from '../ports.ts'

export const nodeClock: Clock = {
  now: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, Math.min(Math.max(0, delayMs), 2 ** 31 - 1))
    return () => clearTimeout(timer)
  },
}

export const nodeRandom: Random = { bytes: (length) => new Uint8Array(randomBytes(length)) }

/** Survives a kill, as a test's restart needs it; guards nothing. */
export function createFolderSecrets(folder: string): Secrets {
  const path = (name: string) => join(folder, `${name}.secret`)
  const write = (name: string, value: string) => {
    mkdirSync(folder, { recursive: true })
    writeFileSync(path(name), value, { flush: true })
  }
  return {
    protection: () => 'plain',
    read(name) {
      try {
        return Promise.resolve(readFileSync(path(name), 'utf8') || null)
      } catch {
        return Promise.resolve(null)
      }
    },
    write: (name, value) => Promise.resolve(write(name, value)),
    remove: (name) => Promise.resolve(write(name, '')),
  }
}

export function createNodePorts(dataFolder: string, options: { readonly log?: Log; readonly wrap?: EngineWraps } = {}): EnginePorts {
  return {
    clock: nodeClock,
    random: nodeRandom,
    log: options.log ?? (() => {}),
    openWebSocket: openWebSocketWithWs(),
    fetch,
    secrets: createFolderSecrets(dataFolder),
    ...(options.wrap === undefined ? {} : { wrap: options.wrap }),
  }
}
