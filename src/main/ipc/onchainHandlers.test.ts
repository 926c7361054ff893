import { expect, it } from 'vitest'
import type { AccountStatus } from '#engine/wallet/account.ts'
import type { Onchain } from '#engine/wallet/onchain.ts'
import { createSignal } from '#engine/signal.ts'
import { onchainRoutes } from '#shared/ipc/onchain.ts'
import { sats } from '#shared/market/msat.ts'
import { ok } from '#shared/market/result.ts'
import { onchainHandlers } from './onchainHandlers.ts'

const txId = 'ab'.repeat(32)

function setUp(onchain?: Partial<Onchain>) {
  const status = createSignal<AccountStatus>({ state: 'connecting', problem: null, info: null, balanceMsat: null, checkedAt: null })
  const withdrawals = {
    quote: (address: string, amountMsat: ReturnType<typeof sats>) => Promise.resolve(ok({ quoteId: 'q', address, amountMsat, feesMsat: { fast: sats(3), medium: sats(2), slow: sats(1) }, expiresAt: 1_700_000_000 })),
    send: () => Promise.resolve(ok({ state: 'sent' as const, txId: null, feeMsat: sats(2) })),
  }
  let touched = 0
  const handlers = onchainHandlers({ wallet: { onchain }, withdrawals: onchain ? withdrawals : null, account: { status, touch: () => (touched += 1) } } as unknown as Parameters<typeof onchainHandlers>[0])
  return { handlers, status, touched: () => touched }
}

it('says that a wallet has nothing to do with the chain, and refuses whatever asks for it', async () => {
  const { requests, states, events } = setUp().handlers
  expect(states['onchain.status'].get()).toEqual({ available: false })
  const answers = [requests['onchain.depositAddress'](), requests['onchain.deposits'](), requests['onchain.quoteClaim']({ txId, vout: 0 }), requests['onchain.claim']({ txId, vout: 0, maxFeeMsat: sats(1) }), requests['onchain.quoteWithdrawal']({ address: 'bc1', amountMsat: sats(1) }), requests['onchain.withdraw']({ quoteId: 'q', speed: 'slow' }), requests['onchain.lightningAddress']()]
  for (const answer of answers) expect(await answer).toMatchObject({ ok: false, error: { code: 'wallet-unsupported' } })
  events['onchain.depositsChanged'](() => expect.fail('nothing can change'))()
})

it('shows the way to a faucet only by a balance that is known', () => {
  const { handlers, status } = setUp({ faucetUrl: (balanceMsat) => (balanceMsat < sats(100) ? 'https://faucet.example' : null) })
  expect(handlers.states['onchain.status'].get()).toEqual({ available: true })
  status.update((before) => ({ ...before, state: 'ready', balanceMsat: sats(99) }))
  expect(handlers.states['onchain.status'].get()).toEqual({ available: true, faucetUrl: 'https://faucet.example' })
  status.update((before) => ({ ...before, balanceMsat: sats(100) }))
  expect(handlers.states['onchain.status'].get()).toEqual({ available: true })
})

it('answers as the contract says: milliseconds, and nothing for what is not known', async () => {
  const { handlers, touched } = setUp({
    deposits: () => Promise.resolve(ok([{ txId, vout: 1, amountMsat: sats(500), isMature: true, claimFeeMsat: null, problem: null }])),
    claim: () => Promise.resolve(ok({ amountMsat: sats(400), feeMsat: sats(100) })),
    lightningAddress: () => Promise.resolve(ok(null)),
  })
  const { requests } = handlers
  const deposits = await requests['onchain.deposits']()
  expect(deposits).toEqual(ok({ deposits: [{ txId, vout: 1, amountMsat: sats(500), isMature: true }] }))
  expect(onchainRoutes['onchain.deposits'].output.safeParse(deposits.ok && deposits.value).success).toBe(true)
  expect(await requests['onchain.quoteWithdrawal']({ address: 'bcrt1', amountMsat: sats(9) })).toMatchObject({ value: { expiresAt: 1_700_000_000_000 } })
  expect(await requests['onchain.withdraw']({ quoteId: 'q', speed: 'medium' })).toEqual(ok({ state: 'sent', feeMsat: sats(2) }))
  expect(await requests['onchain.lightningAddress']()).toEqual(ok({}))
  expect(touched()).toBe(0)
  await requests['onchain.claim']({ txId, vout: 1, maxFeeMsat: sats(100) })
  expect(touched()).toBe(1)
})
