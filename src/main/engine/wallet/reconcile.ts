/**
 * Holds the books against the wallet, at the start and after each sync. What differs is explained by payment hash where it can be,
 * each payment once: money that no job asked for, payments that the same wallet made elsewhere, other fees than were booked. What a
 * job's own machine is about to write is left to it, and so is what may be under way: in between, the wallet may be ahead of the
 * books or behind them. Only what stays and nothing explains is adjusted, and said.
 */
import type { Reconciliation } from '#shared/ipc/wallet.ts'
import type { Account as BookAccount, Standing } from '#shared/market/books.ts'
import { formatSats, MAX_MSAT, msat, type Msat } from '#shared/market/msat.ts'
import type { Clock, Log } from '../ports.ts'
import { createSignal, type Signal } from '../signal.ts'
import type { Books, NewEntry } from '../store/books.ts'
import type { Journal } from '../store/journal.ts'
import type { SentPaymentStore } from '../store/sentPayments.ts'
import type { Sightings } from '../store/sightings.ts'
import { listPayments } from './listPayments.ts'
import { createOwners } from './reconcileOwners.ts'
import type { Payment, Wallet } from './wallet.ts'

export interface Reconciler {
  /** What the last look found; null before the first one that the wallet answered. */
  readonly last: Signal<Reconciliation | null>
  /** Looks now, with `balanceMsat` as the balance that the wallet told last: a look costs no question where that agrees. One at a time. */
  look(balanceMsat: Msat, alias: string): Promise<void>
  close(): void
}

export interface ReconcilerOptions {
  readonly wallet: Pick<Wallet, 'kind' | 'network' | 'balance' | 'list'>
  readonly books: Books
  readonly sightings: Sightings
  readonly journal: Pick<Journal, 'ownerOfPayment' | 'transact'>
  readonly payments: Pick<SentPaymentStore, 'find'>
  readonly clock: Clock
  readonly log: Log
  /** The wallet shows it settled, and who asked for it has not written that: it is to look again. */
  onUnrecorded(paymentHash: string): void
  /** The look said too little: the wallet is to be asked for its balance again, and a look to follow. */
  onInconclusive(): void
  /** For a person: more than a sat was adjusted, or is another amount than the wallet said before. */
  onAdjusted(sentence: string): void
}

/** Between two looks that ask the wallet for its list: trade may change the balance many times a second. */
const LIST_INTERVAL_MS = 5_000
/** A difference that nothing explains is adjusted once it was the same this long, at looks during which nothing was booked. */
const STEADY_MS = 15_000
/** What an ended job should have written is written for it after this: beyond the longest search for a late settlement (seekSettlement.ts). */
const GRACE_MS = 900_000
/** What a wallet may set aside for the fee of a payment that it makes for somebody else: a share of it and a little. */
const RESERVE_PERMILLE = 10
const RESERVE_MSAT = 10_000
/** A correction of what was sent that is no larger than such a share of it, or than a sat, is called a fee. */
const FEE_PERMILLE = 50
const FEE_MSAT = 1_000
/** Below this nobody is told. */
const NOTICE_ABOVE_MSAT = 1_000

/** What a job or a payment by hand has not written yet, and since when it was the same. */
interface Lag {
  readonly payment: Payment
  readonly msat: number
  readonly since: number
}

/** What a look found. `unrecorded`: hashes of payments that are still to be written, each told once. `sentences`: for a person. */
interface Found {
  readonly expectedMsat: number
  readonly unexplainedMsat: number
  readonly entries: readonly number[]
  readonly unrecorded: readonly string[]
  readonly sentences: readonly string[]
}
const EVEN: Found = { expectedMsat: 0, unexplainedMsat: 0, entries: [], unrecorded: [], sentences: [] }

export function createReconciler(options: ReconcilerOptions): Reconciler {
  const { wallet, books, sightings, journal, clock } = options
  const ownerOf = createOwners(options)
  const last = createSignal<Reconciliation | null>(null)
  const lags = new Map<string, Lag>()
  let steady: { readonly msat: number; readonly since: number } | null = null
  let listedAt: number | null = null
  let looking: Promise<void> | null = null
  let isClosed = false
  let cancelAgain: (() => void) | null = null

  function lookAgain(): void {
    cancelAgain ??= clock.after(LIST_INTERVAL_MS, () => {
      cancelAgain = null
      options.onInconclusive()
    })
  }

  function look(balanceMsat: Msat, alias: string): Promise<void> {
    // Trial money follows no rules that could be checked.
    if (isClosed || wallet.kind === 'mock') return Promise.resolve()
    looking ??= lookOnce(balanceMsat, alias)
      .catch((error: unknown) => options.log('error', 'the books could not be held against the wallet', { reason: error instanceof Error ? error.message : String(error) }))
      .finally(() => {
        looking = null
      })
    return looking
  }

  async function lookOnce(toldMsat: Msat, alias: string): Promise<void> {
    const name = `${wallet.kind} ${wallet.network} ${alias}`
    if (listedAt !== null) {
      const { walletMsat, underWayMsat } = stand()
      if (toldMsat === walletMsat && underWayMsat === 0 && lags.size === 0 && sightings.openedFor() === name) {
        steady = null
        tell(toldMsat, EVEN)
        return
      }
      // Unless the clock was put back: that day would be long.
      if (clock.now() >= listedAt && clock.now() < listedAt + LIST_INTERVAL_MS) {
        lookAgain()
        return
      }
    }
    const version = books.version()
    const balance = await wallet.balance()
    if (!balance.ok) return
    const listed = await listPayments(wallet, (payment) => isClosed || sightings.find(payment.paymentHash, payment.direction)?.msat === effectOf(payment), isAboutToPost())
    if (!listed.ok || isClosed) return
    listedAt = clock.now()
    // What settled between the two answers is in the list and not in the balance: nothing would take that out of the beginning again.
    if (sightings.openedFor() !== name) {
      const after = await wallet.balance()
      if (!after.ok || isClosed) return
      if (after.value !== balance.value) return lookAgain()
    }
    const found = journal.transact(() => {
      // Something was booked while the wallet answered: what it said may be from before or after. Payments count all the same.
      const isQuiet = books.version() === version
      if (sightings.openedFor() !== name) return isQuiet && stand().underWayMsat === 0 ? open(balance.value, name, alias, listed.value.payments) : null
      return compare(balance.value, isQuiet, listed.value.payments, listed.value.isWhole)
    })
    if (found === null || found.unexplainedMsat !== 0) lookAgain()
    if (found === null) return
    tell(balance.value, found)
    for (const hash of found.unrecorded) options.onUnrecorded(hash)
    for (const sentence of found.sentences) options.onAdjusted(sentence)
  }

  /** Before anything is adjusted or corrected the wallet's list is read as far as it is at all. */
  function isAboutToPost(): boolean {
    const now = clock.now()
    return (steady !== null && now >= steady.since + STEADY_MS) || [...lags.values()].some(({ since }) => now >= since + GRACE_MS)
  }

  /** The first look at a wallet, or at one that goes by another name: what it has, less what open jobs are yet to write, is what the books begin with. */
  function open(balanceMsat: Msat, name: string, alias: string, listed: readonly Payment[]): Found {
    for (const payment of listed.filter(isSettled)) {
      const owner = ownerOf(payment)
      sightings.keep({ ...payment, msat: effectOf(payment), compared: owner !== null && !owner.ended })
    }
    const { expectedMsat, unrecorded } = compareOwners(listed, [], [])
    const changeMsat = balanceMsat - stand().walletMsat - expectedMsat
    // Each wallet has books of its own: one that goes by another name has lost or gained what differs, as any other would.
    const isFirst = sightings.openedFor() === null
    const reason = isFirst ? `What the wallet held when Souk first looked at it: ${alias} on ${wallet.network}.` : `The wallet goes by another name now, and has ${describeChange(changeMsat)} than the books.`
    const entry = post({ kind: isFirst ? 'opening' : 'adjustment', reason, movement: between('wallet', 'outside', changeMsat) })
    sightings.open(clock.now(), name, entry)
    steady = null
    return { ...EVEN, expectedMsat, entries: entry === null ? [] : [entry], unrecorded, sentences: isFirst || !isWorthSaying(changeMsat) ? [] : [reason] }
  }

  function compare(balanceMsat: Msat, isQuiet: boolean, listed: readonly Payment[], isWhole: boolean): Found {
    const entries: (number | null)[] = []
    const sentences: string[] = []
    for (const payment of listed.filter(isSettled)) entries.push(take(payment, isWhole, sentences))
    const { expectedMsat, unrecorded } = compareOwners(listed, entries, sentences)
    const { walletMsat, underWayMsat } = stand()
    const restMsat = balanceMsat - walletMsat - expectedMsat
    // The wallet may not have taken off yet what is under way here, and may have taken off what is under way elsewhere.
    const unexplainedMsat = restMsat > underWayMsat ? restMsat - underWayMsat : Math.min(0, restMsat + reservedElsewhere(listed))
    // A wallet that lists nothing cannot say whose payment it was: whoever asked for it has the time that ended jobs have.
    const adjusted = isQuiet ? settleRest(unexplainedMsat, listed.length === 0 ? GRACE_MS : STEADY_MS, entries) : null
    return {
      expectedMsat,
      unexplainedMsat: isQuiet && adjusted === null ? unexplainedMsat : 0,
      entries: entries.filter((entry) => entry !== null),
      unrecorded,
      sentences: adjusted !== null && isWorthSaying(unexplainedMsat) ? [...sentences, adjusted] : sentences,
    }
  }

  /** One settled payment: a new one that is nobody's is posted. */
  function take(payment: Payment, isWhole: boolean, sentences: string[]): number | null {
    const { paymentHash, direction } = payment
    const msatNow = effectOf(payment)
    const seen = sightings.find(paymentHash, direction)
    const owner = ownerOf(payment)
    if (seen?.msat === msatNow) return null
    sightings.keep({ paymentHash, direction, msat: msatNow, compared: isWhole })
    if (owner !== null) return null
    if (seen !== null) {
      const changeMsat = msatNow - seen.msat
      // What has settled stays as it is: where it does not, a person is to know.
      if (isWorthSaying(changeMsat)) sentences.push(`The wallet says of a payment that it was ${describeChange(changeMsat)} than it said before.`)
      return post({ kind: direction === 'incoming' ? 'received' : 'elsewhere', paymentHash, reason: 'The wallet says another amount of this payment than before.', movement: between('wallet', direction === 'incoming' ? 'outside' : 'fees', changeMsat) })
    }
    if (direction === 'incoming') return post({ kind: 'received', paymentHash, reason: 'Received.', movement: between('wallet', 'outside', msatNow) })
    return post({ kind: 'elsewhere', paymentHash, reason: 'The same wallet sent this, and not from here.', movement: { ...between('wallet', 'outside', msatNow), outside: payment.amountMsat, ...(payment.feeMsat === 0 ? {} : { fees: payment.feeMsat }) } })
  }

  /** What jobs and payments by hand should have written and have not: waited for, and after a while written for those that have ended. */
  function compareOwners(listed: readonly Payment[], entries: (number | null)[], sentences: string[]): { expectedMsat: number; unrecorded: readonly string[] } {
    let expectedMsat = 0
    const unrecorded: string[] = []
    const met = new Set<string>()
    for (const payment of [...listed.filter(isSettled), ...[...lags.values()].map((lag) => lag.payment)]) {
      const owner = ownerOf(payment)
      if (owner === null || met.has(owner.key)) continue
      met.add(owner.key)
      const seenMsat = owner.underWay ? null : owner.seenMsat()
      const lagMsat = seenMsat === null ? 0 : seenMsat - owner.bookedMsat
      const before = lags.get(owner.key)
      if (lagMsat === 0) lags.delete(owner.key)
      else if (before?.msat === lagMsat && owner.ended && clock.now() >= before.since + GRACE_MS) {
        const isFee = payment.direction === 'outgoing' && Math.abs(lagMsat) <= Math.max(FEE_MSAT, (Math.abs(owner.bookedMsat) * FEE_PERMILLE) / 1_000) && owner.bookedMsat !== 0
        entries.push(post({ ...owner.entry, kind: isFee ? 'fee' : 'correction', reason: isFee ? 'The wallet took another fee than was booked.' : 'The wallet says another amount than was booked.', movement: between('wallet', isFee ? 'fees' : 'outside', lagMsat) }))
        if (!isFee && isWorthSaying(lagMsat)) sentences.push(`The wallet says ${describeChange(lagMsat)} of a job or a payment than was booked.`)
        lags.delete(owner.key)
      } else {
        expectedMsat += lagMsat
        if (before?.msat === lagMsat) continue
        lags.set(owner.key, { payment, msat: lagMsat, since: clock.now() })
        unrecorded.push(payment.paymentHash)
      }
    }
    // A job that was forgotten meanwhile is not waited for.
    for (const key of lags.keys()) if (!met.has(key)) lags.delete(key)
    return { expectedMsat, unrecorded }
  }

  /** Adjusts what nothing explains, once it has stayed; the sentence, or null while it has not. */
  function settleRest(unexplainedMsat: number, patienceMs: number, entries: (number | null)[]): string | null {
    if (unexplainedMsat === 0) {
      steady = null
      return null
    }
    if (steady?.msat !== unexplainedMsat) {
      steady = { msat: unexplainedMsat, since: clock.now() }
      return null
    }
    if (clock.now() < steady.since + patienceMs) return null
    const sentence = `The wallet has ${describeChange(unexplainedMsat)} than the books; nothing here explains it.`
    entries.push(post({ kind: 'adjustment', reason: sentence, movement: between('wallet', 'outside', unexplainedMsat) }))
    steady = null
    return sentence
  }

  /** What the wallet may have set aside for payments that nobody here has under way. */
  function reservedElsewhere(listed: readonly Payment[]): number {
    return listed.reduce((sum, payment) => {
      if (payment.direction !== 'outgoing' || (payment.state !== 'pending' && payment.state !== 'held')) return sum
      const owner = ownerOf(payment)
      // Taken off in the books already: a withdrawal counts as sent while it is still on its way.
      if (owner !== null && (owner.underWay || (owner.entry.jobId === undefined && owner.bookedMsat !== 0))) return sum
      return sum + payment.amountMsat + Math.max(payment.feeMsat, Math.ceil((payment.amountMsat * RESERVE_PERMILLE) / 1_000) + RESERVE_MSAT)
    }, 0)
  }

  function stand(): { walletMsat: number; underWayMsat: number } {
    const { wallet: walletMsat = 0, onTheWay = 0, locked = 0 } = books.balances()
    return { walletMsat, underWayMsat: onTheWay + locked }
  }

  const post = (entry: Omit<NewEntry, 'at'>) => books.post({ at: clock.now(), ...entry })

  function tell(toldMsat: Msat, { expectedMsat, unexplainedMsat, entries }: Found): void {
    const { walletMsat, underWayMsat } = stand()
    last.set({ at: clock.now(), walletMsat: toldMsat, booksMsat: walletMsat, underWayMsat: msat(underWayMsat), expectedMsat, unexplainedMsat, entries: [...entries] })
  }

  return {
    last,
    look,
    close() {
      isClosed = true
      cancelAgain?.()
    },
  }
}

const isWorthSaying = (changeMsat: number) => Math.abs(changeMsat) > NOTICE_ABOVE_MSAT
/** "12 sats less". A wallet may list more than there is. */
const describeChange = (changeMsat: number) => `${formatSats(msat(Math.min(MAX_MSAT, Math.abs(changeMsat))))} sats ${changeMsat > 0 ? 'more' : 'less'}`
const isSettled = ({ state }: Payment) => state === 'settled'
/** What a settled payment did to the wallet. */
const effectOf = ({ direction, amountMsat, feeMsat }: Payment) => (direction === 'incoming' ? amountMsat : -(amountMsat + feeMsat))
/** So much more in the one account, and less in the other. */
const between = (to: BookAccount, from: BookAccount, change: number): Standing => ({ [to]: change, [from]: -change })
