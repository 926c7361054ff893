/** What must hold of a job of which one side was killed: both sides' books say what was really paid. */
import { expect } from 'vitest'
import type { JobRow, Role } from '#shared/ipc/common.ts'
import type { Standing } from '#shared/market/books.ts'
import type { Settlement } from '#shared/market/settlement.ts'
import type { CrashMoney, Paid } from './crashMoney.ts'
import type { LeftBehind } from './leftBehind.ts'

export interface Ended {
  readonly bought: JobRow
  readonly sold: JobRow
}

export interface JudgedJob extends Ended {
  /** Which process it was, and what it left. */
  readonly name: string
  readonly role: Role
  readonly left: LeftBehind
}

export interface JudgeJobOptions {
  readonly settlement: Settlement
  readonly depositPermille: number
  readonly payback: boolean
  readonly money: CrashMoney
  /** What the job moved in the books of the other side, which lives. */
  readonly ofOther: (jobId: string, role: Role) => Standing
}

export function expectDone({ bought, sold }: Partial<Ended>): void {
  expect([bought?.state, sold?.state]).toEqual(['done', 'done'])
}

/** In one payment or, metered, in as many as there were; of none, then there is no answer either. What was owed went back once, and whole. */
export function createJobJudge({ settlement, depositPermille, payback, money, ofOther }: JudgeJobOptions): (job: JudgedJob) => void {
  return ({ bought, sold, name, role, left }) => {
    const { jobId } = bought
    const paid = money.paid(`Souk ${jobId}`, name, role === 'customer' ? 'outgoing' : 'incoming')
    const back = payback ? money.paid(`Souk refund ${jobId}`, name, role === 'customer' ? 'incoming' : 'outgoing') : []
    // Once; metered, once for each tick; with a deposit, once for that besides.
    if (settlement === 'metered') expect(bought.metered?.payments ?? 0).toBe(paid.length)
    else expect(paid.length).toBeLessThanOrEqual(depositPermille > 0 ? 2 : 1)
    if (depositPermille > 0 && sold.state === 'done') expect(paid.length).toBe(2)
    expect(bought.movedMsat).toBe(costOf(paid))
    expect(sold.movedMsat).toBe(gainOf(paid))
    if (paid.length === 0) expect(sold.state).not.toBe('done')
    if (payback) {
      expect(back.length).toBe(1)
      expect([bought.paidBackMsat, sold.paidBackMsat]).toEqual([gainOf(back), gainOf(back)])
    }
    expect(money.violations()).toEqual([])
    // What the killed one's books say is what moved, and nothing of an ended job is on its way or in a lock any more.
    const { onTheWay, locked, lockedForUs, promised } = left.balances
    expect([onTheWay, locked, lockedForUs, promised, left.unexplained]).toEqual([undefined, undefined, undefined, undefined, []])
    const ofCustomer = gainOf(back) - costOf(paid)
    const ofProvider = gainOf(paid) - costOf(back)
    const movedMsat = role === 'customer' ? ofCustomer : ofProvider
    expect(left.ofJob.wallet ?? 0).toBe(movedMsat)
    const balance = money.balance(name)
    if (balance !== null) expect(balance.nowMsat).toBe(balance.beganMsat + movedMsat)
    const other = ofOther(jobId, role === 'customer' ? 'provider' : 'customer')
    expect(other.wallet ?? 0).toBe(role === 'customer' ? ofProvider : ofCustomer)
    if (payback) expect([left.ofJob, other].map(({ owedByUs = 0, owedToUs = 0, lost = 0 }) => [owedByUs, owedToUs, lost])).toEqual([[0, 0, 0], [0, 0, 0]])
  }
}

export function costOf(paid: readonly Paid[]): number {
  return paid.reduce((sum, { amountMsat, feeMsat }) => sum + amountMsat + feeMsat, 0)
}

export function gainOf(paid: readonly Paid[]): number {
  return paid.reduce((sum, { amountMsat }) => sum + amountMsat, 0)
}
