/**
 * What must hold in the simulated world, looked at after every durable event, every movement of money and every start of
 * work, and once more over everything when it is quiet. The first thing that does not hold is kept.
 */
import type { Role } from '#shared/ipc/common.ts'
import type { Limits } from '#shared/ipc/settings.ts'
import type { PurchaseEvent } from '#engine/customer/purchase.ts'
import type { SaleEvent } from '#engine/provider/sale.ts'
import type { JobRecord, StoredEvent } from '#engine/store/journal.ts'
import type { SimulatedModel } from './backend.ts'
import { checkEnd } from './endInvariants.ts'
import type { Ledger } from './ledger.ts'
import type { Machine } from './machine.ts'
import type { Network } from './network.ts'
import { createPurchaseInvariants } from './purchaseInvariants.ts'
import { createSaleInvariants } from './saleInvariants.ts'
import type { Stranger } from './stranger.ts'
import type { WalletService } from './wallet.ts'

export interface Invariants {
  onDurable(machine: Machine, role: Role, jobId: string, events: readonly StoredEvent[], record: JobRecord): void
  /** A model begins on a prompt. */
  onWork(machine: Machine, prompt: string): void
  /** From time to time: nothing may grow without end. */
  checkSizes(): void
  /** When nothing happens any more: the journals and the ledger tell the same story. */
  checkEnd(): void
  report(message: string): void
  violation(): string | null
  outcomes(): Readonly<Record<string, number>>
}

export interface Member {
  readonly machine: Machine
  readonly wallet: WalletService
  readonly model: SimulatedModel
}

export interface InvariantsOptions {
  readonly ledger: Ledger
  readonly network: Network
  readonly sellers: readonly Member[]
  readonly customers: readonly Member[]
  readonly strangers: readonly Pick<Stranger, 'name' | 'pubkey'>[]
  readonly limits: Limits
}

/** Where it is told that something does not hold. */
export interface Judge {
  readonly report: (message: string) => void
  readonly require: (holds: boolean, message: () => string) => void
}

/** Far above what a machine of this world ever needs. */
const MAX_TIMERS = 2_000
const MAX_SUBSCRIPTIONS = 3_000
export function createInvariants(options: InvariantsOptions): Invariants {
  const { network, sellers, customers } = options
  const states = new Map<string, string>()
  let first: string | null = null

  const report = (message: string) => void (first ??= message)
  const require = (holds: boolean, message: () => string) => {
    if (!holds) report(message())
  }
  const judge: Judge = { report, require }
  const sales = createSaleInvariants(options, judge)
  const purchases = createPurchaseInvariants(options, judge, sales)

  return {
    report,
    violation: () => first,
    onDurable(machine, role, jobId, events, record) {
      states.set(`${role} ${jobId} ${machine.name}`, record.row.state)
      for (const { body } of events) {
        if (role === 'customer') purchases.onEvent(machine, jobId, body as PurchaseEvent)
        else sales.onEvent(machine, jobId, body as SaleEvent)
      }
    },
    onWork: (machine, prompt) => sales.onWork(machine, prompt),
    checkSizes() {
      for (const { machine } of [...sellers, ...customers]) {
        require(machine.timers() <= MAX_TIMERS, () => `${machine.name} has ${machine.timers()} timers`)
        require(network.subscriptions(machine.name) <= MAX_SUBSCRIPTIONS, () => `${machine.name} has ${network.subscriptions(machine.name)} subscriptions`)
      }
    },
    checkEnd() {
      checkEnd(options, judge)
      purchases.checkAnswers()
    },
    outcomes() {
      const counts = new Map<string, number>()
      for (const [key, state] of states) {
        const name = `${key.split(' ', 1)[0]} ${state}`
        counts.set(name, (counts.get(name) ?? 0) + 1)
      }
      return Object.fromEntries([...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)))
    },
  }
}
