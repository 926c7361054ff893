import type { Engine } from '#engine/engine.ts'
import type { InputOf } from '#shared/ipc/contract.ts'
import type { SoukContract } from '#shared/ipc/souk.ts'
import { fail, ok } from '#shared/market/result.ts'
import { deriveState } from './derivedState.ts'

type Input<K extends keyof SoukContract> = InputOf<SoukContract[K]>
const UNSUPPORTED = fail('wallet-unsupported', 'This wallet neither receives from the chain nor sends to it. Spark does: choose it in Settings.')

export function onchainHandlers({ wallet, withdrawals, account }: Pick<Engine, 'wallet' | 'withdrawals' | 'account'>) {
  const onchain = wallet.onchain
  return {
    requests: {
      'onchain.depositAddress': async () => {
        if (!onchain) return UNSUPPORTED
        const address = await onchain.depositAddress()
        return address.ok ? ok({ address: address.value }) : address
      },
      'onchain.deposits': async () => {
        if (!onchain) return UNSUPPORTED
        const found = await onchain.deposits()
        if (!found.ok) return found
        return ok({
          deposits: found.value.map(({ txId, vout, amountMsat, isMature, claimFeeMsat, problem }) => ({ txId, vout, amountMsat, isMature, ...(claimFeeMsat === null ? {} : { claimFeeMsat }), ...(problem === null ? {} : { problem }) })),
        })
      },
      'onchain.quoteClaim': (point: Input<'onchain.quoteClaim'>) => onchain?.quoteClaim(point) ?? UNSUPPORTED,
      'onchain.claim': async ({ txId, vout, maxFeeMsat }: Input<'onchain.claim'>) => {
        if (!onchain) return UNSUPPORTED
        const claimed = await onchain.claim({ txId, vout }, maxFeeMsat)
        account.touch()
        return claimed
      },
      'onchain.quoteWithdrawal': async ({ address, amountMsat }: Input<'onchain.quoteWithdrawal'>) => {
        if (!withdrawals) return UNSUPPORTED
        const quoted = await withdrawals.quote(address, amountMsat)
        return quoted.ok ? ok({ ...quoted.value, expiresAt: quoted.value.expiresAt * 1_000 }) : quoted
      },
      'onchain.withdraw': async ({ quoteId, speed, confirmedMsat }: Input<'onchain.withdraw'>) => {
        if (!withdrawals) return UNSUPPORTED
        const sent = await withdrawals.send(quoteId, speed, confirmedMsat)
        if (!sent.ok) return sent
        if (sent.value.state === 'unknown') return ok({ state: 'unknown' as const, message: sent.value.message })
        const { txId, feeMsat } = sent.value
        return ok({ state: 'sent' as const, feeMsat, ...(txId === null ? {} : { txId }) })
      },
      'onchain.lightningAddress': async () => {
        if (!onchain) return UNSUPPORTED
        const address = await onchain.lightningAddress()
        return address.ok ? ok(address.value === null ? {} : { address: address.value }) : address
      },
    },
    states: {
      'onchain.status': deriveState([account.status], () => {
        const { balanceMsat } = account.status.get()
        // Nobody is sent to a faucet by a balance that is not known.
        const faucetUrl = onchain && balanceMsat !== null ? onchain.faucetUrl(balanceMsat) : null
        return { available: onchain !== undefined, ...(faucetUrl === null ? {} : { faucetUrl }) }
      }),
    },
    events: { 'onchain.depositsChanged': (listener: (payload: Record<string, never>) => void) => onchain?.watchDeposits(() => listener({})) ?? (() => undefined) },
  }
}
