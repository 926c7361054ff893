/** Where things rest on this machine, unless told otherwise. */
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

export interface Folders {
  /** One person's store and secrets. */
  readonly data: string
  /** The machine's sandbox, shared by every Souk on it. */
  readonly sandbox: string
}

interface Told {
  readonly data?: string | undefined
  /** The usual folder's name: the window and the terminal keep secrets in different ways, so each has its own. */
  readonly usual?: 'data' | 'desktop'
}

/** `--data`, then SOUK_DATA; SOUK_SANDBOX for the sandbox; else the place that the system keeps for applications. */
export function findFolders(told: Told, environment: NodeJS.ProcessEnv = process.env): Folders {
  const base = baseFolder(environment)
  return {
    data: resolve(told.data ?? named(environment, 'SOUK_DATA') ?? join(base, told.usual ?? 'data')),
    sandbox: resolve(named(environment, 'SOUK_SANDBOX') ?? join(base, 'sandbox')),
  }
}

/** A second person's folder beside the usual one; null when the folder was chosen. */
export function secondDataFolder(told: Told, environment: NodeJS.ProcessEnv = process.env): string | null {
  const isChosen = told.data !== undefined || named(environment, 'SOUK_DATA') !== undefined
  return isChosen ? null : resolve(baseFolder(environment), 'customer')
}

/** The same where it is there: `souk customer` asks in it while the usual folder is in use. None is made for a look. */
export function existingSecondFolder(told: Told): string | null {
  const folder = secondDataFolder(told)
  return folder !== null && existsSync(folder) ? folder : null
}

/** Where `souk relay` keeps its events. */
export function relayFolder(told: Told, environment: NodeJS.ProcessEnv = process.env): string {
  return resolve(told.data ?? join(baseFolder(environment), 'relay'))
}

/** What Node made of our code at an earlier start. Whoever can write here decides what the next start runs. */
export function compiledFolder(environment: NodeJS.ProcessEnv = process.env): string {
  return resolve(baseFolder(environment), 'compiled')
}

/** Unset and empty are the same: a script that clears a variable does not mean the folder it stands in. */
function named(environment: NodeJS.ProcessEnv, name: string): string | undefined {
  const value = environment[name]
  return value === '' ? undefined : value
}

function baseFolder(environment: NodeJS.ProcessEnv): string {
  return named(environment, 'SOUK_HOME') ?? applicationFolder(environment)
}

function applicationFolder(environment: NodeJS.ProcessEnv): string {
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'Souk')
  if (process.platform === 'win32') return join(named(environment, 'APPDATA') ?? join(homedir(), 'AppData', 'Roaming'), 'Souk')
  return join(named(environment, 'XDG_DATA_HOME') ?? join(homedir(), '.local', 'share'), 'souk')
}
