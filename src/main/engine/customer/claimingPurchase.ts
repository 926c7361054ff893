/** A purchase with what is the same in every settlement mode: getting back what its provider owes. */
import { ZERO_MSAT } from '#shared/market/msat.ts'
import { decideClaim, dueClaims, evolveClaims, isClaimEvent, isClaimMessage, type ClaimEffect, type ClaimEvent, type ClaimMessage } from '../credit/claim.ts'
import type { Machine } from '../machine.ts'
import { lookAt, purchaseMachine, type Purchase, type PurchaseEffect, type PurchaseEvent, type PurchaseMessage } from './purchase.ts'

export type AnyPurchaseMessage = PurchaseMessage | ClaimMessage
export type AnyPurchaseEvent = PurchaseEvent | ClaimEvent
export type AnyPurchaseEffect = PurchaseEffect | ClaimEffect

export const claimingPurchaseMachine: Machine<Purchase, AnyPurchaseMessage, AnyPurchaseEvent, AnyPurchaseEffect> = {
  initial: purchaseMachine.initial,
  decide(purchase, message) {
    if (!isClaimMessage(message)) return purchaseMachine.decide(purchase, message)
    return purchase.begun ? decideClaim(purchase.claims ?? [], lookAt(purchase).claimableMsat ?? ZERO_MSAT, message) : []
  },
  evolve(purchase, event) {
    if (!isClaimEvent(event)) return purchaseMachine.evolve(purchase, event)
    return purchase.begun ? { ...purchase, changedAt: event.at, claims: evolveClaims(purchase.claims ?? [], event) } : purchase
  },
  due: (purchase) => [...purchaseMachine.due(purchase), ...(purchase.begun ? dueClaims(purchase.claims ?? []) : [])],
}
