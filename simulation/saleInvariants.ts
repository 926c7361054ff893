/** What must hold of every sale of a simulated world, after each of its durable events and at every start of work. */
import type { Settlement } from '#shared/market/settlement.ts'
import type { SaleEvent } from '#engine/provider/sale.ts'
import type { Judge, InvariantsOptions } from './invariants.ts'
import type { Machine } from './machine.ts'

interface SoldJob {
  readonly prompt: string
  readonly settlement: Settlement
  /** What is paid before a sealed job is worked for. */
  readonly depositMsat: number
  readonly invoices: Set<string>
  /** Payment hashes that its own wallet showed settled. */
  readonly paid: Set<string>
  isLocked: boolean
  text: string | null
}

export interface SaleInvariants {
  onEvent(machine: Machine, jobId: string, event: SaleEvent): void
  /** A model begins on a prompt. */
  onWork(machine: Machine, prompt: string): void
  /** What that seller made for that job; null or undefined where it made nothing. */
  textOf(seller: string | null, jobId: string): string | null | undefined
}

export function createSaleInvariants({ ledger }: Pick<InvariantsOptions, 'ledger'>, { report, require }: Judge): SaleInvariants {
  const sold = new Map<string, SoldJob>()
  const soldByPrompt = new Map<string, SoldJob[]>()

  function onSale(machine: Machine, jobId: string, event: SaleEvent): void {
    // An open request is a job of every seller that reads it.
    const key = `${machine.name} ${jobId}`
    const job = sold.get(key)
    if (event.type === 'requested') {
      require(job === undefined, () => `${jobId} was requested twice of ${machine.name}`)
      const { prompt, settlement } = event.request
      const created: SoldJob = { prompt, settlement: settlement?.name ?? 'prepay', depositMsat: settlement?.name === 'sealed' ? settlement.depositMsat : 0, invoices: new Set(), paid: new Set(), isLocked: false, text: null }
      sold.set(key, created)
      const byPrompt = `${machine.name} ${prompt}`
      soldByPrompt.set(byPrompt, [...(soldByPrompt.get(byPrompt) ?? []), created])
      return
    }
    if (job === undefined) return report(`${machine.name} stores an event of ${jobId}, which nobody requested`)
    if (event.type === 'invoiced') job.invoices.add(event.invoice.paymentHash)
    else if (event.type === 'paid') onPaid(machine, jobId, job, event)
    else if (event.type === 'workBegun') require(maySell(job), () => `${machine.name} begins ${jobId} before it is paid`)
    else if (event.type === 'lockAccepted') {
      const payment = ledger.payment(event.paymentHash)
      job.isLocked = true
      require(payment !== null && (payment.state === 'held' || payment.state === 'settled') && payment.invoice.payee === machine.name, () => `${machine.name} counts ${jobId} as locked, and the ledger says ${payment?.state ?? 'nothing'}`)
    } else if (event.type === 'generated') {
      require(job.text === null, () => `${jobId} has a second text`)
      job.text = event.generated.text
    }
  }

  /** Sealed work without a deposit is done on credit. */
  function maySell({ settlement, paid, isLocked, depositMsat }: SoldJob): boolean {
    return paid.size > 0 || isLocked || (settlement === 'sealed' && depositMsat === 0)
  }

  function onPaid(machine: Machine, jobId: string, job: SoldJob, event: SaleEvent & { type: 'paid' }): void {
    const hash = event.paymentHash ?? [...job.invoices].at(-1) ?? ''
    const payment = ledger.payment(hash)
    require(!job.paid.has(hash), () => `${jobId} is paid a second time`)
    job.paid.add(hash)
    require(payment?.state === 'settled' && payment.invoice.payee === machine.name && payment.invoice.amountMsat === event.paidMsat, () => `${machine.name} counts ${jobId} as paid, and the ledger says ${payment?.state ?? 'nothing'}`)
  }

  return {
    onEvent: onSale,
    onWork(machine, prompt) {
      const isOurs = (hash: string) => {
        const payment = ledger.payment(hash)
        return (payment?.state === 'settled' || payment?.state === 'held') && payment.invoice.payee === machine.name
      }
      const isPaid = (soldByPrompt.get(`${machine.name} ${prompt}`) ?? []).some((job) => [...job.invoices].some(isOurs) || (job.settlement === 'sealed' && job.depositMsat === 0))
      require(isPaid, () => `${machine.name} works on "${prompt.slice(0, 60)}" and has no money for it`)
    },
    textOf: (seller, jobId) => sold.get(`${seller} ${jobId}`)?.text,
  }
}
