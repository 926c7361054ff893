/**
 * What must hold in the simulated world, looked at after every durable event, every movement of money and every start of
 * work, and once more over everything when it is quiet. The first thing that does not hold is kept.
 */
import type { Role } from '#shared/ipc/common.ts'
import { addMsat, type Msat } from '#shared/market/msat.ts'
import type { Limits } from '#shared/ipc/settings.ts'
import type { Settlement } from '#shared/market/settlement.ts'
import type { PurchaseEvent } from '#engine/customer/purchase.ts'
import type { SaleEvent } from '#engine/provider/sale.ts'
import { startOfDay } from '#engine/spending/startOfDay.ts'
import type { JobRecord, StoredEvent } from '#engine/store/journal.ts'
import type { SimulatedModel } from './backend.ts'
import type { Ledger } from './ledger.ts'
import type { Machine } from './machine.ts'
import type { Network } from './network.ts'
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

/** Far above what a machine of this world ever needs. */
const MAX_TIMERS = 2_000
const MAX_SUBSCRIPTIONS = 3_000
/** What a machine keeps open at rest: its directory, its channel and its cancellations, at each relay. */
const SUBSCRIPTIONS_AT_REST = 6 * 3
const TIMERS_AT_REST = 60

export function createInvariants({ ledger, network, sellers, customers, strangers, limits }: InvariantsOptions): Invariants {
  const bought = new Map<string, BoughtJob>()
  const sold = new Map<string, SoldJob>()
  const soldByPrompt = new Map<string, SoldJob[]>()
  const spent = new Map<string, Spending>()
  /** Payment hashes that settled for a customer. */
  const settlements = new Set<string>()
  const states = new Map<string, string>()
  let first: string | null = null

  const report = (message: string) => void (first ??= message)
  const require = (holds: boolean, message: () => string) => {
    if (!holds) report(message())
  }
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
    if (memberOf(job.provider) !== undefined) require(sold.get(`${nameOf(job.provider)} ${jobId}`)?.text === text, () => `${machine.name} took a text of ${jobId} that its provider did not make`)
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
    require((job.settlement === 'metered' || wholeMsat <= job.quotedMsat) && wholeMsat <= job.budgetMsat && wholeMsat <= limits.perJobMsat, () => `${jobId} intends to pay ${wholeMsat} msat: more than was quoted or allowed`)
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

  function checkMember({ machine }: Member, role: Role, flowMsat: (payment: { amountMsat: Msat; feeMsat: Msat }) => Msat): void {
    const engine = machine.engine()
    if (engine === null) return report(`${machine.name} is down at the end`)
    const { journal } = engine
    const open = journal.openJobs(role)
    require(open.length === 0, () => `${machine.name} has ${open.length} open jobs at the end, the first: ${JSON.stringify(journal.row(role, open[0] ?? ''))}`)
    let totalMsat = 0
    const movedByJob = new Map<string, number>()
    for (const { invoice, payer, feeMsat, state } of ledger.payments()) {
      if (state !== 'settled' || (role === 'customer' ? payer : invoice.payee) !== machine.name) continue
      const movedMsat = flowMsat({ amountMsat: invoice.amountMsat, feeMsat })
      totalMsat += movedMsat
      // By the hash: a cheat's invoice may name another job.
      const jobId = journal.jobOfPayment(invoice.paymentHash)
      require(jobId !== null, () => `${movedMsat} msat moved for ${machine.name} by ${invoice.description}, which no job of its journal knows`)
      movedByJob.set(jobId ?? '', (movedByJob.get(jobId ?? '') ?? 0) + movedMsat)
    }
    for (const [jobId, movedMsat] of movedByJob) {
      const row = journal.row(role, jobId)
      require(row?.movedMsat === movedMsat, () => `${movedMsat} msat moved for ${machine.name}, and its journal says of ${jobId}: ${JSON.stringify(row)}`)
    }
    require(journal.settledTotal(role).amountMsat === totalMsat, () => `${machine.name} has settled ${journal.settledTotal(role).amountMsat} msat by its journal and ${totalMsat} by the ledger`)
    require(journal.spending(role, 0).pendingMsat === 0, () => `${machine.name} still has ${journal.spending(role, 0).pendingMsat} msat pending`)
    require(network.subscriptions(machine.name) <= SUBSCRIPTIONS_AT_REST, () => `${machine.name} leaves ${network.subscriptions(machine.name)} subscriptions open`)
    require(machine.timers() <= TIMERS_AT_REST, () => `${machine.name} leaves ${machine.timers()} timers`)
  }

  /** The books of a machine say to the msat what the ledger says, nothing came from elsewhere but what was issued, and nothing in them waits any more. */
  function checkBooks({ machine }: Member): void {
    const engine = machine.engine()
    if (engine === null) return
    const balances = engine.books.balances()
    const [wallet, issued] = [balances.wallet ?? 0, -(balances.outside ?? 0)]
    require(wallet === ledger.balance(machine.name) && issued === ledger.issuedTo(machine.name), () => `the books of ${machine.name} say ${JSON.stringify(balances)}, and the ledger ${ledger.balance(machine.name)} msat of ${ledger.issuedTo(machine.name)} issued`)
    for (const account of ['onTheWay', 'locked', 'lockedForUs', 'promised'] as const) require((balances[account] ?? 0) === 0, () => `${machine.name} has ${balances[account]} msat ${account} at the end`)
  }

  /** What a metered answer left over is owed until it is asked for, on both sides alike. */
  function checkCredit(): void {
    const sumOf = (members: readonly Member[], account: 'owedToUs' | 'owedByUs') => members.reduce((sum, { machine }) => sum + (machine.engine()?.books.balances()[account] ?? 0), 0)
    const [owedToCustomers, owedBySellers] = [sumOf(customers, 'owedToUs'), -sumOf(sellers, 'owedByUs')]
    require(owedToCustomers <= owedBySellers, () => `customers count on ${owedToCustomers} msat, and sellers owe ${owedBySellers}`)
  }

  return {
    report,
    violation: () => first,
    onDurable(machine, role, jobId, events, record) {
      states.set(`${role} ${jobId} ${machine.name}`, record.row.state)
      for (const { body } of events) {
        if (role === 'customer') onPurchase(machine, jobId, body as PurchaseEvent)
        else onSale(machine, jobId, body as SaleEvent)
      }
    },
    onWork(machine, prompt) {
      const isOurs = (hash: string) => {
        const payment = ledger.payment(hash)
        return (payment?.state === 'settled' || payment?.state === 'held') && payment.invoice.payee === machine.name
      }
      const isPaid = (soldByPrompt.get(`${machine.name} ${prompt}`) ?? []).some((job) => [...job.invoices].some(isOurs) || (job.settlement === 'sealed' && job.depositMsat === 0))
      require(isPaid, () => `${machine.name} works on "${prompt.slice(0, 60)}" and has no money for it`)
    },
    checkSizes() {
      for (const { machine } of [...sellers, ...customers]) {
        require(machine.timers() <= MAX_TIMERS, () => `${machine.name} has ${machine.timers()} timers`)
        require(network.subscriptions(machine.name) <= MAX_SUBSCRIPTIONS, () => `${machine.name} has ${network.subscriptions(machine.name)} subscriptions`)
      }
    },
    checkEnd() {
      for (const member of [...customers, ...sellers]) checkBooks(member)
      checkCredit()
      for (const member of customers) checkMember(member, 'customer', ({ amountMsat, feeMsat }) => addMsat(amountMsat, feeMsat))
      for (const member of sellers) checkMember(member, 'provider', ({ amountMsat }) => amountMsat)
      for (const [jobId, { customer, text }] of bought) {
        const engine = customers.find(({ machine }) => machine.name === customer)?.machine.engine()
        if (text !== null) require(engine?.customer.answer(jobId) === text, () => `${customer} shows another answer of ${jobId} than it received`)
      }
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
