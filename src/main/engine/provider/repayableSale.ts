/** A sale with what is the same in every settlement mode: paying back what is owed and will not be delivered. */
import { ZERO_MSAT } from '#shared/market/msat.ts'
import { decideRefund, dueRefunds, evolveRefunds, isRefundEvent, isRefundMessage, openRefund, refundedMsat, type RefundEffect, type RefundEvent, type RefundMessage } from '../credit/refund.ts'
import type { Machine } from '../machine.ts'
import { lookAt, saleMachine, type Sale, type SaleEffect, type SaleEvent, type SaleMessage } from './sale.ts'

export type AnySaleMessage = SaleMessage | RefundMessage
export type AnySaleEvent = SaleEvent | RefundEvent
export type AnySaleEffect = SaleEffect | RefundEffect

/** While it is paid back, and after, nothing is begun for a job; money that still comes is seen. */
const HEARD_WHEN_PAID_BACK: ReadonlySet<SaleMessage['type']> = new Set(['paymentSeen', 'paymentMissing', 'sent'])
const DUE_WHEN_PAID_BACK: ReadonlySet<SaleEffect['type']> = new Set(['watchPayment', 'send'])

export const repayableSaleMachine: Machine<Sale, AnySaleMessage, AnySaleEvent, AnySaleEffect> = {
  initial: saleMachine.initial,
  decide(sale, message) {
    if (isRefundMessage(message)) return sale.begun ? decideRefund(sale.refunds ?? [], lookAt(sale).repayableMsat ?? ZERO_MSAT, message) : []
    return isPaidBack(sale) && !isHeardWhenPaidBack(sale, message) ? [] : saleMachine.decide(sale, message)
  },
  evolve(sale, event) {
    if (!isRefundEvent(event)) return saleMachine.evolve(sale, event)
    return sale.begun ? { ...sale, changedAt: event.at, refunds: evolveRefunds(sale.refunds ?? [], event) } : sale
  },
  due(sale) {
    const byMode = saleMachine.due(sale)
    if (!sale.begun) return byMode
    return [...(isPaidBack(sale) ? byMode.filter(({ type }) => DUE_WHEN_PAID_BACK.has(type)) : byMode), ...dueRefunds(sale.refunds ?? [])]
  },
}

/** The rest may be written off: who asks for a little of it keeps no job open for good. */
function isHeardWhenPaidBack(sale: Sale, { type }: SaleMessage): boolean {
  return HEARD_WHEN_PAID_BACK.has(type) || (type === 'writtenOff' && sale.begun && openRefund(sale.refunds ?? []) === null)
}

function isPaidBack(sale: Sale): boolean {
  return sale.begun && sale.refunds !== undefined && (openRefund(sale.refunds) !== null || refundedMsat(sale.refunds) > 0)
}
