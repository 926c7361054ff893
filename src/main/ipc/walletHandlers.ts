import type { Engine } from '#engine/engine.ts'
import { feeCap } from '#engine/spending/judgeSpending.ts'
import { describePayment } from '#engine/wallet/account.ts'
import type { BookEntryKind } from '#shared/ipc/books.ts'
import type { InputOf } from '#shared/ipc/contract.ts'
import type { SoukContract } from '#shared/ipc/souk.ts'
import { fail, ok } from '#shared/market/result.ts'
import { decodeInvoice } from '#shared/protocol/bolt11.ts'
import { deriveState } from './derivedState.ts'

type Input<K extends keyof SoukContract> = InputOf<SoukContract[K]>
const DEFAULT_EXPIRY_SECS = 3_600
/** What holding the books against the wallet posts. */
const EXPLAINING: readonly BookEntryKind[] = ['opening', 'received', 'elsewhere', 'fee', 'correction', 'adjustment']
const MAX_EXPLAINED = 50

export function walletHandlers({ wallet, account, books, money, reconciler, journal, clock, preferences, jobChanged }: Engine) {
  return {
    requests: {
      'wallet.refresh': async () => {
        await account.refresh()
        return ok({})
      },
      'wallet.createInvoice': async ({ amountMsat, description, expirySecs }: Input<'wallet.createInvoice'>) => {
        const invoice = await account.receive(amountMsat, description, expirySecs ?? DEFAULT_EXPIRY_SECS)
        if (!invoice.ok) return invoice
        const { bolt11, paymentHash, expiresAt } = invoice.value
        return ok({ bolt11, paymentHash, amountMsat, expiresAt: expiresAt * 1_000 })
      },
      'wallet.lookup': async ({ paymentHash, direction }: Input<'wallet.lookup'>) => {
        const found = await account.lookUp(paymentHash, direction)
        return found.ok ? ok(describePayment(found.value, journal.jobOfPayment(paymentHash))) : found
      },
      'wallet.inspectInvoice': ({ bolt11 }: Input<'wallet.inspectInvoice'>) => {
        const decoded = decodeInvoice(bolt11.trim())
        if (!decoded.ok) return decoded
        const { amountMsat, paymentHash, network, description, expiresAt } = decoded.value
        if (amountMsat === null) return fail('no-amount', 'This invoice names no amount. Ask for one that does.')
        const maxFeeMsat = feeCap(amountMsat, preferences.settings.get().limits.maxFeePermille)
        return ok({ amountMsat, paymentHash, network, description: description ?? '', expiresAt: expiresAt * 1_000, expired: expiresAt * 1_000 <= clock.now(), maxFeeMsat })
      },
      'wallet.pay': ({ bolt11, maxFeeMsat, confirmedMsat }: Input<'wallet.pay'>) => account.send(bolt11.trim(), maxFeeMsat, confirmedMsat),
      'wallet.stopSpending': ({ stopped }: Input<'wallet.stopSpending'>) => {
        try {
          preferences.update({ spendingStopped: stopped })
          return ok({})
        } catch {
          // What is allowed is kept first; what is stopped is stopped.
          return fail('store-failed', stopped ? 'Spending is stopped, but the store takes no writes now: after a restart it is allowed again. Check the disk, then stop it once more.' : 'The store takes no writes now, so spending stays stopped. Check the disk, then try again.')
        }
      },
      'wallet.entries': ({ before, kinds, limit }: Input<'wallet.entries'>) => {
        const rows = books.list({ before, kinds, limit: limit + 1 })
        return ok({ rows: rows.slice(0, limit), more: rows.length > limit })
      },
      'wallet.explain': () => {
        const last = reconciler.last.get()
        return ok({ ...(last === null ? {} : { last }), explained: [...books.list({ kinds: EXPLAINING, limit: MAX_EXPLAINED })] })
      },
      'wallet.history': async ({ offset, limit }: Input<'wallet.history'>) => {
        const found = await account.history(offset, limit)
        if (!found.ok) return found
        return ok({ rows: found.value.rows.map((payment) => describePayment(payment, journal.jobOfPayment(payment.paymentHash))), more: found.value.more })
      },
    },
    states: {
      'wallet.status': deriveState([account.status, reconciler.last, preferences.settings, { subscribe: (listener) => jobChanged.listen(() => listener()) }], () => {
        const { state, problem, info, balanceMsat, checkedAt } = account.status.get()
        return {
          kind: wallet.kind,
          network: wallet.network,
          state,
          ...money.figures(),
          spendingStopped: preferences.settings.get().spendingStopped,
          ...(problem === null ? {} : { problem }),
          ...(info === null ? {} : { alias: info.alias }),
          ...(balanceMsat === null ? {} : { balanceMsat }),
          ...(checkedAt === null ? {} : { checkedAt }),
        }
      }),
    },
  }
}
