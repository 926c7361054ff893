import { afterEach, beforeEach, expect, it } from 'vitest'
import { sats } from '#shared/market/msat.ts'
import { createPreferences, DEFAULT_LIMITS } from './preferences.ts'
import { createMemoryStore, type MemoryStore } from './testing/memoryStore.ts'

let store: MemoryStore
beforeEach(() => {
  store = createMemoryStore()
})
afterEach(() => store.close())

const settings = () => createPreferences(store.settings).settings.get()

it('limits that were stored before there were more of them are kept, and the others begin as for everybody', () => {
  store.settings.write('settings', { limits: { perJobMsat: sats(7), perDayMsat: sats(70), maxFeePermille: 3, invoiceTimeoutSecs: 9, answerTimeoutSecs: 99, maxTokens: 512 } })
  expect(settings().limits).toEqual({ ...DEFAULT_LIMITS, perJobMsat: sats(7), perDayMsat: sats(70), maxFeePermille: 3, invoiceTimeoutSecs: 9, answerTimeoutSecs: 99, maxTokens: 512 })
})

it('a limit that cannot be read is as at the beginning, and takes no other with it', () => {
  store.settings.write('settings', { limits: { perJobMsat: -1, perDayMsat: sats(70), confirmAboveMsat: 'all', unknown: 1 } })
  expect(settings().limits).toEqual({ ...DEFAULT_LIMITS, perDayMsat: sats(70) })
})

it('spending that was stopped stays stopped, also after a restart', () => {
  expect(settings().spendingStopped).toBe(false)
  createPreferences(store.settings).update({ spendingStopped: true })
  expect(settings().spendingStopped).toBe(true)
  createPreferences(store.settings).update({ limits: { maxTokens: 12 } })
  expect(settings()).toMatchObject({ spendingStopped: true, limits: { maxTokens: 12 } })
})
