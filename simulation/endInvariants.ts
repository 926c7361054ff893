/** What must hold of a simulated world when nothing happens in it any more: the journals, the books and the ledger tell the same story. */
import type { Role } from '#shared/ipc/common.ts'
import { addMsat, type Msat } from '#shared/market/msat.ts'
import type { InvariantsOptions, Judge, Member } from './invariants.ts'

/** What a machine keeps open at rest: its directory, its channel and its cancellations, at each relay. */
const SUBSCRIPTIONS_AT_REST = 6 * 3
const TIMERS_AT_REST = 60

export function checkEnd({ ledger, network, sellers, customers }: InvariantsOptions, { report, require }: Judge): void {
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

  for (const member of [...customers, ...sellers]) checkBooks(member)
  checkCredit()
  for (const member of customers) checkMember(member, 'customer', ({ amountMsat, feeMsat }) => addMsat(amountMsat, feeMsat))
  for (const member of sellers) checkMember(member, 'provider', ({ amountMsat }) => amountMsat)
}
