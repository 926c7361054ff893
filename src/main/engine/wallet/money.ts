/** One's own money in figures, read off the books: what pages show, and nothing of it kept anywhere else. */
import type { Reconciliation } from '#shared/ipc/wallet.ts'
import type { JobState, Role } from '#shared/ipc/common.ts'
import { ACCOUNTS, NO_STANDING, type Account as BookAccount, type Standing } from '#shared/market/books.ts'
import { MAX_MSAT, msat, type Msat } from '#shared/market/msat.ts'
import type { Clock } from '../ports.ts'
import { startOfDay } from '../spending/startOfDay.ts'
import type { Books } from '../store/books.ts'
import type { Journal } from '../store/journal.ts'

/** Since the day began, and in all. */
export interface Flow {
  readonly todayMsat: Msat
  readonly totalMsat: Msat
}

export interface Figures {
  /** Of the balance that the wallet told last; absent before it told one. */
  readonly availableMsat?: Msat
  readonly pendingMsat: Msat
  readonly lockedMsat: Msat
  readonly lockedForUsMsat: Msat
  readonly lockedUntil?: number
  readonly locks: Record<string, { readonly jobId: string; readonly role: Role; readonly state: JobState; readonly amountMsat: Msat; readonly until?: number; readonly awaitsRelease?: boolean }>
  readonly owedToUsMsat: Msat
  readonly owedByUsMsat: Msat
  readonly earned: Flow
  readonly spent: Flow
  readonly fees: Flow
  readonly lost: Flow
  readonly reconciledAt?: number
  readonly unexplainedMsat?: number
}

export interface Money {
  figures(): Figures
  /** `availableMsat` of the figures alone; null before the wallet told a balance. */
  availableMsat(): Msat | null
}

const MAX_LOCKS = 100

export function createMoney(options: {
  readonly books: Books
  readonly journal: Pick<Journal, 'locked'>
  readonly clock: Clock
  readonly balanceMsat: () => Msat | null
  readonly reconciliation: () => Reconciliation | null
}): Money {
  const { books, journal, clock } = options
  let today: { readonly day: number; readonly version: number; readonly moved: Standing } = { day: 0, version: 0, moved: NO_STANDING }

  /** Entries are only added to: those of today that were summed once need not be summed again. */
  function movedToday(): Standing {
    const [day, version] = [startOfDay(clock.now()), books.version()]
    if (today.day !== day) today = { day, version, moved: books.movedSince(day) }
    else if (today.version !== version) today = { day, version, moved: sumOf(today.moved, books.movedSince(day, today.version)) }
    return today.moved
  }

  function availableMsat(): Msat | null {
    const balanceMsat = options.balanceMsat()
    return balanceMsat === null ? null : availableOf(balanceMsat, books.balances(), options.reconciliation() !== null)
  }

  return {
    availableMsat,
    figures() {
      const balances = books.balances()
      const moved = movedToday()
      const flow = (account: BookAccount, sign: 1 | -1): Flow => ({ todayMsat: amountOf(moved[account], sign), totalMsat: amountOf(balances[account], sign) })
      const locks = journal.locked(MAX_LOCKS)
      const until = locks[0]?.lockedUntil
      const available = availableMsat()
      const reconciliation = options.reconciliation()
      return {
        ...(available === null ? {} : { availableMsat: available }),
        pendingMsat: amountOf(balances.onTheWay, 1),
        lockedMsat: amountOf(balances.locked, 1),
        lockedForUsMsat: amountOf(balances.lockedForUs, 1),
        ...(until === undefined ? {} : { lockedUntil: until }),
        locks: Object.fromEntries(
          locks.map(({ jobId, role, state, lockedMsat, lockedUntil, awaitsRelease }) => [`${role}:${jobId}`, { jobId, role, state, amountMsat: lockedMsat ?? msat(0), ...(lockedUntil === undefined ? {} : { until: lockedUntil }), ...(awaitsRelease === true ? { awaitsRelease } : {}) }]),
        ),
        owedToUsMsat: amountOf(balances.owedToUs, 1),
        owedByUsMsat: amountOf(balances.owedByUs, -1),
        earned: flow('earned', -1),
        spent: flow('spent', 1),
        fees: flow('fees', 1),
        lost: flow('lost', 1),
        ...(reconciliation === null ? {} : { reconciledAt: reconciliation.at, unexplainedMsat: reconciliation.unexplainedMsat }),
      }
    },
  }
}

/**
 * What may be spent: the balance less what is under way and not taken off by the wallet yet. Whether it is, the books tell once they
 * were opened: they have taken off all of it. Before, all that is intended is taken off.
 */
export function availableOf(balanceMsat: Msat, { wallet = 0, onTheWay = 0, locked = 0 }: Standing, isOpened: boolean): Msat {
  const notTakenOff = isOpened ? Math.min(Math.max(0, balanceMsat - wallet), onTheWay + locked) : onTheWay
  return msat(Math.max(0, balanceMsat - notTakenOff))
}

/** An account's balance as an amount; one that ran the other way for a while is nothing. */
function amountOf(balance: number | undefined, sign: 1 | -1): Msat {
  return msat(Math.min(MAX_MSAT, Math.max(0, (balance ?? 0) * sign)))
}

function sumOf(a: Standing, b: Standing): Standing {
  return Object.fromEntries(ACCOUNTS.map((account) => [account, (a[account] ?? 0) + (b[account] ?? 0)]))
}
