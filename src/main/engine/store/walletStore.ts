import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { ok, type Result } from '#shared/market/result.ts'
import { openDatabase, type OpenedDatabase } from './database.ts'
import { MIGRATIONS } from './migrations.ts'
import type { SettingStore } from './settings.ts'

const OWNER_KEY = 'wallet.store'

/**
 * Where the jobs and the books of a wallet are. Each wallet has its own, so that play money and real money, or two wallets, are
 * never added up: the first that a folder knew keeps them beside the settings, in `shared`; null for that one.
 * `walletId`: of letters, digits and hyphens.
 */
export function openWalletStore(options: { readonly folder: string; readonly settings: SettingStore; readonly walletId: string; readonly nowMs: number }): Result<OpenedDatabase | null> {
  const { folder, settings, walletId, nowMs } = options
  const path = join(folder, `souk-${walletId}.db`)
  const owner = settings.read(OWNER_KEY, z.string())
  // Where the shared store is a new one because the old one was damaged, a wallet that has its own keeps it.
  if (owner === null && !existsSync(path)) settings.write(OWNER_KEY, walletId)
  else if (owner !== walletId) return openDatabase(path, MIGRATIONS, nowMs)
  return ok(null)
}
