import { expect, it } from 'vitest'
import { bookEntrySchema } from '#shared/ipc/books.ts'
import { ACCOUNTS } from '#shared/market/books.ts'
import { entriesToCsv, entriesToJson } from './exportEntries.ts'

const row = bookEntrySchema.parse({ id: 7, at: Date.UTC(2026, 0, 5), kind: 'job', role: 'customer', jobId: 'job_1', paymentHash: 'a'.repeat(64), reason: 'Paid. The answer is owed.', moves: { wallet: -10_010, owedToUs: 10_000, fees: 10 } })

it('has a column for each account, whose cells of a line sum to nothing', () => {
  const [title, line, end] = entriesToCsv([row]).split('\r\n').map((text) => text.split(','))
  expect(title?.slice(-ACCOUNTS.length)).toEqual(ACCOUNTS.map((account) => `${account}_msat`))
  expect(line?.slice(0, 6)).toEqual(['7', '2026-01-05T00:00:00.000Z', 'job', 'Paid. The answer is owed.', 'customer', 'job_1'])
  expect(line?.slice(-ACCOUNTS.length).reduce((sum, cell) => sum + Number(cell), 0)).toBe(0)
  expect([line?.[title?.indexOf('wallet_msat') ?? 0], line?.[title?.indexOf('spent_msat') ?? 0], end]).toEqual(['-10010', '0', ['']])
})

it('is read back as it was', () => {
  const [read] = JSON.parse(entriesToJson([row])) as Record<string, unknown>[]
  expect(read).toEqual({ ...row, at: '2026-01-05T00:00:00.000Z' })
})
