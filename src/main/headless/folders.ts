/** Where things rest on this machine, unless told otherwise. */
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

export interface Folders {
  /** One person's store and secrets. */
  readonly data: string
  /** The machine's sandbox, shared by every Souk on it. */
  readonly sandbox: string
}

/** `--data`, then SOUK_DATA; SOUK_SANDBOX for the sandbox; else the place that the system keeps for applications. */
export function findFolders(told: { readonly data?: string | undefined }, environment: NodeJS.ProcessEnv = process.env): Folders {
  const base = environment['SOUK_HOME'] ?? applicationFolder(environment)
  return {
    data: resolve(told.data ?? environment['SOUK_DATA'] ?? join(base, 'data')),
    sandbox: resolve(environment['SOUK_SANDBOX'] ?? join(base, 'sandbox')),
  }
}

function applicationFolder(environment: NodeJS.ProcessEnv): string {
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'Souk')
  if (process.platform === 'win32') return join(environment['APPDATA'] ?? join(homedir(), 'AppData', 'Roaming'), 'Souk')
  return join(environment['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share'), 'souk')
}
