import type { Engine } from '#engine/engine.ts'
import type { WalletBudget, WalletInfo } from '#engine/wallet/wallet.ts'
import type { InputOf } from '#shared/ipc/contract.ts'
import type { SoukContract } from '#shared/ipc/souk.ts'
import { fail, ok } from '#shared/market/result.ts'
import { deriveState } from './derivedState.ts'
import { isBusy } from './isBusy.ts'

export function walletChoiceHandlers(engine: Engine) {
  const { account, notices, walletChoice, walletKind, inspectWallet } = engine
  return {
    requests: {
      'walletChoice.try': async ({ connection }: InputOf<SoukContract['walletChoice.try']>) => {
        const found = await inspectWallet(connection)
        if (!found.ok) return found
        const { network, balanceMsat, ...info } = found.value
        return ok({ ...abilitiesOf({ ...info, lockAddress: null }), ...(network === null ? {} : { network }), ...(balanceMsat === null ? {} : { balanceMsat }) })
      },
      'walletChoice.choose': async (input: InputOf<SoukContract['walletChoice.choose']>) => {
        if (isBusy(engine)) return fail('busy', 'Stop selling and let the open jobs end first: they belong to the wallet in use.')
        const chosen = await walletChoice.choose(input.kind === 'spark' ? { kind: 'spark', network: input.network, ...(input.apiKey === undefined ? {} : { apiKey: input.apiKey }) } : input)
        if (!chosen.ok) return chosen
        notices.raise('restart-for-wallet', 'warning', 'The chosen wallet is used from the next start. Restart Souk now.')
        return ok({})
      },
    },
    states: {
      'walletChoice.status': deriveState([account.status, walletChoice.next, walletChoice.needs], () => {
        const { info } = account.status.get()
        return { current: walletKind, next: walletChoice.next.get(), needs: { ...walletChoice.needs.get() }, ...(info === null ? {} : { abilities: abilitiesOf(info) }) }
      }),
    },
  }
}

function abilitiesOf({ alias, methods, holdInvoices, lockAddress, budget }: Omit<WalletInfo, 'network'>) {
  return { alias, methods: [...methods], holdInvoices, ...(lockAddress === null ? {} : { lockAddress }), ...(budget === null ? {} : { budget: budgetOf(budget) }) }
}

function budgetOf({ totalMsat, usedMsat, renewsAt }: WalletBudget) {
  return { totalMsat, usedMsat, ...(renewsAt === null ? {} : { renewsAt: renewsAt * 1_000 }) }
}
