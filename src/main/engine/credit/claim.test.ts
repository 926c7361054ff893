import { expect, test } from 'vitest'
import { sats, ZERO_MSAT } from '#shared/market/msat.ts'
import type { Invoice } from '../wallet/wallet.ts'
import { claimedMsat, decideClaim, dueClaims, evolveClaims, openClaim, type Claim, type ClaimMessage } from './claim.ts'

const START = 1_700_000_000_000
const OWED = sats(10)
const HASH = 'a'.repeat(64)
const invoice: Invoice = { bolt11: 'lnbcrt1', paymentHash: HASH, amountMsat: OWED, network: 'regtest', createdAt: START / 1_000, expiresAt: START / 1_000 + 3_600, description: '' }
const tell = (claims: readonly Claim[], message: ClaimMessage) => decideClaim(claims, claims.length > 0 && claimedMsat(claims) > 0 ? ZERO_MSAT : OWED, message).reduce(evolveClaims, claims)
const told = (...messages: readonly ClaimMessage[]) => messages.reduce(tell, [] as readonly Claim[])
const wanted: ClaimMessage = { at: START, type: 'claimWanted' }
const invoiced: ClaimMessage = { at: START, type: 'claimInvoiced', invoice }
const sent: ClaimMessage = { at: START, type: 'claimSent', delivery: { eventId: 'f'.repeat(64), raw: '{}', verdicts: [] } }
const paid: ClaimMessage = { at: START, type: 'claimPaid', paymentHash: HASH, settledMsat: OWED }
const missing = (afterMs: number): ClaimMessage => ({ at: START + afterMs, type: 'claimMissing', paymentHash: HASH })
/** When a seller is sure of its wallet’s no, and a minute. */
const EXPIRED = 4_680_000

test('a claim makes its invoice, sends it and waits for its own wallet', () => {
  expect(dueClaims(told(wanted))).toMatchObject([{ type: 'makeClaim', amountMsat: OWED }])
  expect(dueClaims(told(wanted, invoiced))).toMatchObject([{ type: 'sendClaim', bolt11: 'lnbcrt1' }, { type: 'watchClaim', paymentHash: HASH }])
  expect(dueClaims(told(wanted, invoiced, sent))).toMatchObject([{ type: 'watchClaim' }])
  const done = told(wanted, invoiced, sent, paid)
  expect([dueClaims(done), claimedMsat(done)]).toEqual([[], OWED])
})

test('nothing is asked for twice, nor when nothing is owed', () => {
  expect(told(wanted, wanted)).toHaveLength(1)
  expect(decideClaim([], ZERO_MSAT, wanted)).toEqual([])
  expect(told(wanted, invoiced, paid, wanted)).toHaveLength(1)
  expect(claimedMsat(told(wanted, invoiced, paid, paid))).toBe(OWED)
})

test('an invoice that came to nothing is given up once its seller would take another; money that comes late still counts', () => {
  expect(openClaim(told(wanted, invoiced, sent, missing(EXPIRED - 1)))).not.toBe(null)
  const over = told(wanted, invoiced, sent, missing(EXPIRED))
  expect(openClaim(over)).toBe(null)
  expect(claimedMsat(tell(over, paid))).toBe(OWED)
  expect(tell(over, wanted)).toHaveLength(2)
})

test('a seller that never pays is asked fifty times, and then once a day', () => {
  let claims: readonly Claim[] = []
  let at = START
  const ask = () => {
    const before = claims
    claims = [{ ...wanted, at }, { ...invoiced, at, invoice: { ...invoice, expiresAt: at / 1_000 + 3_600 } }, { ...sent, at }, { ...missing(0), at: at + EXPIRED }].reduce(tell, claims)
    at += EXPIRED
    return claims !== before
  }
  expect(Array.from({ length: 60 }, ask).filter(Boolean)).toHaveLength(50)
  at += 86_400_000
  expect([ask(), ask()]).toEqual([true, false])
})
