/** What the wallet's records say, and whether they are of now: push alone shows neither a lock nor its end (PROTOCOL.md §7). */
import { fail, ok, type Result } from '#shared/market/result.ts'
import { misbehaved } from '../nwcProblems.ts'
import type { PaymentDirection, WalletProblem } from '../wallet.ts'
import type { SparkPayment } from './protocol.ts'
import type { SparkClient } from './sparkClient.ts'
import { pickPayment } from './sparkPayment.ts'
import { describeFailure, UNREACHABLE } from './sparkProblems.ts'

export interface SparkRecords {
  /** Whether the operators were heard since the worker started; asks them once when not. */
  isReady(): Promise<boolean>
  /** Fetches what happened; true when the operators answered, after this was asked. */
  refresh(): Promise<boolean>
  /** One payment by its hash as recorded here: of now only after `refresh`. */
  find(paymentHash: string, direction: PaymentDirection): Promise<Result<SparkPayment | null, WalletProblem>>
}

const PAGE = 200
export const UNREADABLE = misbehaved('Spark tells of a payment that cannot be read, and of none that was asked for.')
/** How many payments back one is looked for. */
const MAX_SEARCHED = 4_000

export function createSparkRecords(client: SparkClient): SparkRecords {
  let underway: Promise<boolean> | null = null
  let next: Promise<boolean> | null = null

  async function sync(): Promise<boolean> {
    const reply = await client.call('sync', {})
    return reply.kind === 'result' && reply.value.isFresh && client.isSynced()
  }

  /** Who asks while one is under way shares the one after it: it may have read what matters before. */
  function refresh(): Promise<boolean> {
    if (underway === null) {
      underway = sync().finally(() => (underway = null))
      return underway
    }
    next ??= underway.then(() => {
      next = null
      return refresh()
    })
    return next
  }

  async function collect(type: 'send' | 'receive', onlyWaitingLocks: boolean, fits: (payment: SparkPayment) => boolean): Promise<Result<SparkPayment[], WalletProblem>> {
    const found: SparkPayment[] = []
    let unreadable = 0
    for (let offset = 0; offset < MAX_SEARCHED; offset += PAGE) {
      const reply = await client.call('list', { type, onlyWaitingLocks, limit: PAGE, offset })
      if (reply.kind !== 'result') return { ok: false, error: describeFailure(reply) }
      found.push(...reply.value.payments.filter(fits))
      unreadable += reply.value.unreadable
      if (reply.value.count < PAGE || (found.length > 0 && !onlyWaitingLocks)) break
    }
    // Among what cannot be read may be the one that was asked for.
    return found.length === 0 && unreadable > 0 ? UNREADABLE : ok(found)
  }

  return {
    refresh,
    async isReady() {
      if (client.isSynced()) return true
      await refresh()
      return client.isSynced()
    },
    async find(paymentHash, direction) {
      const isOfHash = (payment: SparkPayment) => payment.paymentHash === paymentHash
      const type = direction === 'incoming' ? 'receive' : 'send'
      const waiting = await collect(type, true, isOfHash)
      if (!waiting.ok) return waiting
      const all = await collect(type, false, isOfHash)
      if (!all.ok) return all
      return ok(pickPayment([...waiting.value, ...all.value]))
    },
  }
}

/** The records are old, and nothing is said from them that may have changed. */
export function stale(): { readonly ok: false; readonly error: WalletProblem } {
  return fail(UNREACHABLE.code, UNREACHABLE.message)
}
