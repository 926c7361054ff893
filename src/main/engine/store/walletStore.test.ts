import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { createMemoryStore, type MemoryStore } from '../testing/memoryStore.ts'
import { createSettingStore } from './settings.ts'
import { openWalletStore } from './walletStore.ts'

const NWC = 'nwc-mainnet-b889ff5b1513b641'
let folder: string
let shared: MemoryStore

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'souk-wallets-'))
  shared = createMemoryStore()
})
afterEach(() => {
  shared.close()
  rmSync(folder, { recursive: true, force: true })
})

/** What that wallet's store says, after `write` when there is one to keep; null in place of a store of its own. */
function look(walletId: string, write?: string): string | null | undefined {
  const opened = openWalletStore({ folder, settings: shared.settings, walletId, nowMs: 1 })
  if (!opened.ok) throw new Error(opened.error.message)
  if (opened.value === null) return undefined
  const { database } = opened.value
  const settings = createSettingStore(database)
  if (write !== undefined) settings.write('mark', write)
  const mark = settings.read('mark', z.string())
  database.close()
  return mark
}

test('the first wallet keeps its records beside the settings, and every other one has its own', () => {
  expect(look('sandbox')).toBeUndefined()
  expect(look(NWC, 'real')).toBe('real')
  expect(look('spark-regtest-1', 'play')).toBe('play')
  expect([look(NWC), look('sandbox'), look('spark-regtest-1')]).toEqual(['real', undefined, 'play'])
})

test('a wallet that has records of its own finds them again though the store beside the settings was lost', () => {
  look('sandbox')
  look(NWC, 'locked')
  shared.close()
  shared = createMemoryStore()
  expect([look(NWC), look('sandbox'), look(NWC)]).toEqual(['locked', undefined, 'locked'])
})
