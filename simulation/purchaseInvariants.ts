/** What must hold of every purchase of a simulated world, after each of its durable events and at every movement of money. */
import { addMsat, type Msat } from '#shared/market/msat.ts'
import type { Settlement } from '#shared/market/settlement.ts'
import type { PurchaseEvent } from '#engine/customer/purchase.ts'
import { startOfDay } from '#engine/spending/startOfDay.ts'
import type { Judge, InvariantsOptions } from './invariants.ts'
import type { Machine } from './machine.ts'
import type { SaleInvariants } from './saleInvariants.ts'

interface BoughtJob {
  readonly customer: string
  /** Null while an open request has bound nobody. */
  provider: string | null
  readonly settlement: Settlement
  readonly quotedMsat: Msat
  readonly budgetMsat: Msat
  /** By payment hash: a metered job has many. */
  readonly payments: Map<string, { readonly amountMsat: Msat; readonly maxFeeMsat: Msat; settled: boolean }>
  text: string | null
}

/** As the durable events tell it, and nothing else. */
interface Spending {
  readonly settled: { readonly at: number; readonly amountMsat: Msat }[]
  readonly pending: Map<string, Msat>
}

export interface PurchaseInvariants {
  onEvent(machine: Machine, jobId: string, event: PurchaseEvent): void
  /** What a customer shows at the end is what it received. */
  checkAnswers(): void
}

export function createPurchaseInvariants({ ledger, network, sellers, customers, strangers, limits }: InvariantsOptions, { report, require }: Judge, { textOf }: Pick<SaleInvariants, 'textOf'>): PurchaseInvariants {
  const bought = new Map<string, BoughtJob>()
  const spent = new Map<string, Spending>()
  /** Payment hashes that settled for a customer. */
  const settlements = new Set<string>()
  const spending = (name: string): Spending => {
    const known = spent.get(name) ?? { settled: [], pending: new Map<string, Msat>() }
    spent.set(name, known)
    return known
  }
  const memberOf = (pubkey: string | null) => sellers.find(({ machine }) => machine.pubkey() === pubkey)

  ledger.onChange(({ invoice, payer, state }) => {
    if (state !== 'settled' || !customers.some(({ machine }) => machine.name === payer)) return
    // A sealed job may have a deposit and a price, a metered one a payment for every tick: those are told apart by their intents.
    const mode = bought.get(/job_[0-9a-f]{16}/.exec(invoice.description)?.[0] ?? '')?.settlement ?? 'prepay'
    const key = `${payer} ${invoice.description}${mode === 'sealed' || mode === 'metered' ? ` ${invoice.paymentHash}` : ''}`
    require(!settlements.has(key), () => `a second payment is settled: ${key}`)
    settlements.add(key)
  })

  function onPurchase(machine: Machine, jobId: string, event: PurchaseEvent): void {
    const job = bought.get(jobId)
    if (event.type === 'asked') {
      require(job === undefined, () => `${jobId} was asked twice`)
      const { provider, quotedMsat, budgetMsat, settlement } = event.request
      bought.set(jobId, { customer: machine.name, provider, settlement: settlement?.name ?? 'prepay', quotedMsat, budgetMsat, payments: new Map(), text: null })
      return
    }
    if (job === undefined) return report(`${machine.name} stores an event of ${jobId}, which it never asked`)
    const { type } = event
    if (type === 'invoiceAccepted') onIntent(machine, jobId, job, event)
    else if (type === 'settled' || type === 'settledLate') onSettled(machine, jobId, job, event)
    else if (type === 'payFailed' || type === 'lockReturned') onPayFailed(machine, jobId, job, event.paymentHash)
    else if (type === 'resultReceived') onResult(machine, jobId, job, event)
    else if (type === 'releaseDecided') require(job.text !== null, () => `${machine.name} releases ${jobId} without an answer`)
    else if (type === 'opened') {
      require(isSettled(job), () => `${machine.name} opened ${jobId} without a payment`)
      onText(machine, jobId, job, event.text)
    } else if (type === 'ended' && event.outcome === 'done') {
      require(job.text !== null && isSettled(job), () => `${jobId} is done without a payment or without a text`)
    }
  }

  function isSettled({ payments }: BoughtJob): boolean {
    return [...payments.values()].some(({ settled }) => settled)
  }

  function onResult(machine: Machine, jobId: string, job: BoughtJob, event: PurchaseEvent & { type: 'resultReceived' }): void {
    require(network.authorOf(event.eventId) === nameOf(job.provider), () => `${machine.name} took a result of ${jobId} that ${network.authorOf(event.eventId)} published`)
    onText(machine, jobId, job, event.text)
  }

  function onText(machine: Machine, jobId: string, job: BoughtJob, text: string): void {
    if (memberOf(job.provider) !== undefined) require(textOf(nameOf(job.provider), jobId) === text, () => `${machine.name} took a text of ${jobId} that its provider did not make`)
    job.text = text
  }

  function nameOf(pubkey: string | null): string | null {
    if (pubkey === null) return null
    return memberOf(pubkey)?.machine.name ?? strangers.find((stranger) => stranger.pubkey === pubkey)?.name ?? pubkey
  }

  function onIntent(machine: Machine, jobId: string, job: BoughtJob, { at, from, eventId, intent }: PurchaseEvent & { type: 'invoiceAccepted' }): void {
    const mayPayAgain = job.settlement === 'metered' || (job.settlement === 'sealed' && job.payments.size < 2)
    require(job.payments.size === 0 || mayPayAgain, () => `${jobId} has a second payment intent`)
    require(!job.payments.has(intent.paymentHash), () => `${jobId} intends to pay ${intent.paymentHash} twice`)
    job.payments.set(intent.paymentHash, { amountMsat: intent.amountMsat, maxFeeMsat: intent.maxFeeMsat, settled: false })
    const wholeMsat = [...job.payments.values()].reduce<number>((sum, { amountMsat }) => sum + amountMsat, 0)
    job.provider ??= from ?? null
    require(network.authorOf(eventId) === nameOf(job.provider), () => `${machine.name} took an invoice for ${jobId} that ${network.authorOf(eventId)} published`)
    require(wholeMsat <= job.quotedMsat && wholeMsat <= job.budgetMsat && wholeMsat <= limits.perJobMsat, () => `${jobId} intends to pay ${wholeMsat} msat: more than was quoted or allowed`)
    const member = memberOf(job.provider)
    if (member !== undefined) require(ledger.invoice(intent.paymentHash)?.payee === member.machine.name, () => `${jobId} is about to pay somebody else than its provider`)
    const { settled, pending } = spending(machine.name)
    const today = settled.filter((each) => each.at >= startOfDay(at)).reduce((sum, { amountMsat }) => sum + amountMsat, 0)
    pending.set(intent.paymentHash, addMsat(intent.amountMsat, intent.maxFeeMsat))
    const promised = [...pending.values()].reduce<number>((sum, each) => sum + each, 0)
    require(today + promised <= limits.perDayMsat, () => `${machine.name} has spent ${today} msat today and promised ${promised}: over its limit of ${limits.perDayMsat}`)
  }

  /** The one that an event names; where it names none, the only one. */
  function paymentNamed(job: BoughtJob, named: string | undefined): string {
    return named ?? [...job.payments.keys()].at(-1) ?? ''
  }

  function onSettled(machine: Machine, jobId: string, job: BoughtJob, { at, feeMsat, paymentHash }: PurchaseEvent & { type: 'settled' | 'settledLate' }): void {
    const hash = paymentNamed(job, paymentHash)
    const intent = job.payments.get(hash)
    const payment = ledger.payment(hash)
    require(intent?.settled === false, () => (intent === undefined ? `${jobId} is settled by what it never intended to pay` : `${jobId} is settled a second time`))
    if (intent !== undefined) intent.settled = true
    require(payment !== null && payment.state === 'settled' && payment.payer === machine.name, () => `${machine.name} counts ${jobId} as settled, and the ledger says ${payment?.state ?? 'nothing'}`)
    require(payment === null || payment.feeMsat === feeMsat, () => `${jobId} has a fee of ${feeMsat} msat in the journal and ${payment?.feeMsat} in the ledger`)
    spending(machine.name).pending.delete(hash)
    if (payment !== null) spending(machine.name).settled.push({ at, amountMsat: addMsat(payment.invoice.amountMsat, payment.feeMsat) })
  }

  function onPayFailed(machine: Machine, jobId: string, job: BoughtJob, paymentHash: string | undefined): void {
    const hash = paymentNamed(job, paymentHash)
    spending(machine.name).pending.delete(hash)
    const payment = ledger.payment(hash)
    const wasCalledFailed = customers.find((member) => member.machine === machine)?.wallet.calledFailed.has(hash) ?? false
    require(payment?.payer !== machine.name || payment.state === 'failed' || wasCalledFailed, () => `${machine.name} gives the payment of ${jobId} up, and the ledger says ${payment?.state}`)
  }

  return {
    onEvent: onPurchase,
    checkAnswers() {
      for (const [jobId, { customer, text }] of bought) {
        const engine = customers.find(({ machine }) => machine.name === customer)?.machine.engine()
        if (text !== null) require(engine?.customer.answer(jobId) === text, () => `${customer} shows another answer of ${jobId} than it received`)
      }
    },
  }
}
