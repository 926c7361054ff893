/** Deposits and withdrawals on the scripted engine. */
import type { DepositRow } from '#shared/ipc/onchain.ts'
import { addMsat, sats } from '#shared/market/msat.ts'
import { fail, ok } from '#shared/market/result.ts'
import type { FakeEngine } from './fakeEngine.ts'

export function playOnchain(engine: FakeEngine, now: number): void {
  let deposits: DepositRow[] = [
    { txId: 'a1'.repeat(32), vout: 0, amountMsat: sats(50_000), isMature: true },
    { txId: 'b2'.repeat(32), vout: 1, amountMsat: sats(8_200), isMature: false },
  ]
  engine.requests['onchain.depositAddress'] = () => ok({ address: 'bcrt1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr' })
  engine.requests['onchain.deposits'] = () => ok({ deposits })
  engine.requests['onchain.quoteClaim'] = () => ok({ feeMsat: sats(198) })
  engine.requests['onchain.claim'] = ({ txId, maxFeeMsat }) => {
    const claimed = deposits.find((deposit) => deposit.txId === txId)
    const wallet = engine.getState('wallet.status')
    if (!claimed || !wallet) return fail('not-found', 'There is no such deposit.')
    deposits = deposits.filter((deposit) => deposit !== claimed)
    engine.setState('wallet.status', { ...wallet, balanceMsat: addMsat(wallet.balanceMsat ?? sats(0), claimed.amountMsat), availableMsat: addMsat(wallet.availableMsat ?? sats(0), claimed.amountMsat) })
    engine.setState('onchain.status', { available: true })
    return ok({ amountMsat: claimed.amountMsat, feeMsat: maxFeeMsat })
  }
  engine.requests['onchain.quoteWithdrawal'] = ({ address, amountMsat }) =>
    address.startsWith('bcrt1') ? ok({ quoteId: `quote-${amountMsat}`, address, amountMsat, feesMsat: { fast: sats(540), medium: sats(310), slow: sats(120) }, expiresAt: now + 600_000 }) : fail('wallet-refused', 'This is no Bitcoin address on regtest. Check it, and the network of the wallet that it is from.')
  engine.requests['onchain.withdraw'] = async ({ confirmedMsat }) => {
    await engine.pause(700)
    if (confirmedMsat === undefined) return fail('needs-confirmation', 'This costs 20,310 sats, and you want to be asked above 500. Confirm it to go on.')
    return ok({ state: 'sent', feeMsat: sats(310), txId: 'c3'.repeat(32) })
  }
  engine.requests['onchain.lightningAddress'] = () => ok({ address: 'ada@spark.example' })
}
