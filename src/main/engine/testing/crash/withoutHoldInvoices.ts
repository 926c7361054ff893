import { ok } from '#shared/market/result.ts'
import type { Wallet } from '../../wallet/wallet.ts'

/** The same wallet, saying that it makes no hold invoices: then in a channel its owner has money locked at its address, as the original does. */
export function withoutHoldInvoices(wallet: Wallet): Wallet {
  return {
    ...wallet,
    async info() {
      const info = await wallet.info()
      return info.ok ? ok({ ...info.value, holdInvoices: false }) : info
    },
  }
}
