import { expect, test } from 'vitest'
import { NO_STANDING, standingOf } from '#shared/market/books.ts'
import { sats, ZERO_MSAT } from '#shared/market/msat.ts'
import type { SaleLook } from '../provider/settlement/mode.ts'
import { lookWithRefunds } from './saleRefunds.ts'

const HASH = 'a'.repeat(64)
const intent = { bolt11: 'lnbcrt1', paymentHash: HASH, amountMsat: sats(3), maxFeeMsat: sats(1), idempotencyKey: HASH, expiresAt: 1_700_000_000 }
const repaid = [{ intent, state: 'settled', asks: 1, doubtedAt: null, feeMsat: ZERO_MSAT }] as const
const owing: SaleLook = {
  state: 'owed', note: null, final: false, generated: null, receivedMsat: sats(3), receivedAt: 0, paymentHashes: [HASH],
  standing: standingOf({ from: 'owedByUs', to: 'wallet', msat: sats(3) }), lockedMsat: ZERO_MSAT, lockedUntil: null, owedMsat: sats(3), repayableMsat: sats(3),
}

test('what was paid for and is paid back instead of being answered is over', () => {
  expect(lookWithRefunds(owing, repaid)).toMatchObject({ state: 'returned', final: true, owedMsat: 0, standing: NO_STANDING })
})

test('an answer that needed less than was paid stays delivered when the rest is paid back, and the invoice that is still out is watched to its end', () => {
  const generated = { text: 'An answer.', usage: null, stoppedBy: 'end' } as const
  const delivered: SaleLook = { ...owing, state: 'done', generated, receivedMsat: sats(10) }
  expect(lookWithRefunds(delivered, repaid)).toMatchObject({ state: 'done', final: false, owedMsat: 0, note: '3 sats were paid back.' })
  expect(lookWithRefunds({ ...delivered, final: true }, repaid)).toMatchObject({ state: 'done', final: true })
})
