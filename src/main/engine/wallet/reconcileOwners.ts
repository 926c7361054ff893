/** Whose payment it is that the wallet shows, and what the books say of it. */
import type { Standing } from '#shared/market/books.ts'
import type { Books, NewEntry } from '../store/books.ts'
import type { Journal } from '../store/journal.ts'
import type { SentPaymentStore } from '../store/sentPayments.ts'
import type { Sightings } from '../store/sightings.ts'
import type { Payment } from './wallet.ts'

/** As far as it is known here. */
export interface Owner {
  readonly key: string
  readonly ended: boolean
  /** Intended, in doubt or locked: the books have taken it off the wallet, and the wallet may or may not. */
  readonly underWay: boolean
  readonly bookedMsat: number
  /** Of all its payments, null when they cannot be compared. */
  readonly seenMsat: () => number | null
  readonly entry: Pick<NewEntry, 'role' | 'jobId' | 'paymentHash'>
}

export interface OwnersOptions {
  readonly books: Books
  readonly sightings: Sightings
  readonly journal: Pick<Journal, 'ownerOfPayment'>
  readonly payments: Pick<SentPaymentStore, 'find'>
}

/** The job or the payment by hand that a payment belongs to; null for nobody's here. */
export function createOwners({ books, sightings, journal, payments }: OwnersOptions): (payment: Pick<Payment, 'paymentHash' | 'direction'>) => Owner | null {
  return ({ paymentHash, direction }) => {
    const job = journal.ownerOfPayment(paymentHash, direction)
    if (job !== null) {
      const { role, jobId, final, standing } = job
      return {
        key: `${role} ${jobId}`,
        ended: final,
        underWay: isUnderWay(standing),
        bookedMsat: books.ofJob(role, jobId).wallet ?? 0,
        seenMsat: () => sightings.ofJob(role, jobId),
        entry: { role, jobId, paymentHash },
      }
    }
    const payment = direction === 'outgoing' ? payments.find(paymentHash) : null
    if (payment === null) return null
    const ended = payment.state === 'settled' || payment.state === 'failed'
    const seen = () => sightings.find(paymentHash, direction)
    return { key: paymentHash, ended, underWay: !ended, bookedMsat: books.ofPayment(paymentHash).wallet ?? 0, seenMsat: () => (seen()?.compared === true ? (seen()?.msat ?? null) : null), entry: { paymentHash } }
  }
}

const isUnderWay = ({ onTheWay = 0, locked = 0 }: Standing) => onTheWay !== 0 || locked !== 0
