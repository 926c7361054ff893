/** What may happen at the customer: its wallet is asked, says what is so, what was so, nothing, or the wrong thing; what is at the relay is heard, in any order and again. */
import type { AnyPurchaseEffect } from '../../customer/claimingPurchase.ts'
import { outgoingOf, type Intent, type LockIntent, type PurchaseSending } from '../../customer/purchase.ts'
import { DOUBT_GRACE_MS } from '../../customer/settlement/patience.ts'
import { openSeal } from '../../sealing/seal.ts'
import type { Move, Topic } from './explore.ts'
import { claiming } from './refundMoves.ts'
import { answerOf } from './sellerMoves.ts'
import { changeMoney, findMoney, paymentOf, purchases, saleRequest, say, SELLER, tellPurchase, views, type Kind, type Money, type World } from './world.ts'

type Step = Move<World>

const DELIVERY = { eventId: 'e', raw: '{}', verdicts: [] }
const SILENCE = { state: 'unknown', problem: { code: 'wallet-timeout', message: 'Silence.' } } as const
const NO = { state: 'failed', problem: { code: 'payment-failed', message: 'No route.' } } as const

export function customerMoves(world: World, kind: Kind): readonly Step[] {
  const { look, due } = purchases.factsOf(world.purchase)
  if (look === null) return []
  const heard = world.said.flatMap((said): Step[] => (said.to === 'customer' ? [{ name: `customer hears ${said.name}`, next: () => tellPurchase(world, said.message), isObliging: true, topic: said.message.type === 'invoiceReceived' ? 'settling' : 'working' }] : []))
  const late = look.refused === null ? null : findMoney(world, look.refused.paymentHash)
  const moves: readonly Step[] = [
    { name: 'customer’s clock', next: () => tellPurchase(world, { type: 'tick', clockProblem: null }), isObliging: true, topic: 'time' },
    { name: 'customer stops', next: () => tellPurchase(world, { type: 'stopAsked' }), isObliging: false, topic: 'cancelling' },
    { name: 'customer wants its money back', next: () => tellPurchase(world, { type: 'claimWanted' }), isObliging: false, topic: 'refunding' },
    { name: 'customer releases', next: () => tellPurchase(world, { type: 'releaseAsked' }), isObliging: false, topic: 'releasing' },
  ]
  return [
    ...(late === null ? [] : told(world, late, true)),
    ...heard,
    ...streamed(world),
    ...due.flatMap((effect) => performed(world, effect, kind)),
    ...moves,
  ]
}

/** Metered: what was streamed and is not here. */
function streamed(world: World): readonly Step[] {
  const purchase = purchases.stateOf(world.purchase)
  const text = answerOf(world.streamed)
  if (!purchase.begun || purchase.text.length >= text.length) return []
  return [{ name: 'customer hears text', next: () => tellPurchase(world, { type: 'textReceived', from: SELLER, text: text.slice(purchase.text.length) }), isObliging: true, topic: 'working' }]
}

function performed(world: World, effect: AnyPurchaseEffect, kind: Kind): readonly Step[] {
  switch (effect.type) {
    case 'makeClaim':
    case 'sendClaim':
    case 'watchClaim':
      return claiming(world, effect)
    case 'send':
      return sent(world, effect.what, kind)
    case 'pay':
      return asked(world, effect.intent)
    case 'lock':
      return effect.asked ? answered(world, effect.intent) : asked(world, effect.intent)
    case 'lookUp':
      return answered(world, effect.intent)
    case 'followLock': {
      const money = findMoney(world, effect.paymentHash)
      return money === null ? [] : [...told(world, money, false), ...lies(world, money)]
    }
    case 'open':
      return [{ name: 'customer opens the seal', next: () => tellPurchase(world, { type: 'opened', text: openSeal(effect.goods, effect.preimage) }), isObliging: true, topic: 'working' }]
    case 'listen':
    case 'wake':
      return []
  }
}

function sent(world: World, what: PurchaseSending, kind: Kind): readonly Step[] {
  const purchase = purchases.stateOf(world.purchase)
  const outgoing = purchase.begun ? outgoingOf(purchase, what) : null
  if (outgoing === null) return []
  const published = publish(world, outgoing, kind)
  return [
    { name: `customer says ${what}`, next: () => tellPurchase(published, { type: 'sent', what, delivery: DELIVERY }), isObliging: true, topic: topicOf(what) },
    { name: `customer says ${what}, and dies before it knows`, next: () => published, isObliging: false, topic: 'crashing' },
  ]
}

function topicOf(what: PurchaseSending): Topic {
  if (what === 'request') return 'asking'
  if (what === 'cancel') return 'cancelling'
  return what === 'release' ? 'releasing' : 'settling'
}

function publish(world: World, said: NonNullable<ReturnType<typeof outgoingOf>>, kind: Kind): World {
  const eventId = `of ${said.what}`
  switch (said.what) {
    case 'request':
      return say(world, { to: 'seller', name: 'the question', message: { type: 'requested', request: saleRequest(kind), refusal: null } })
    case 'cancel':
      return say(world, { to: 'seller', name: 'the cancel', message: { type: 'customerCancelled', eventId } })
    case 'paymentSent':
      return say(world, { to: 'seller', name: 'a claim to have paid', message: { type: 'paymentClaimed', eventId } })
    case 'locked':
      return say(world, { to: 'seller', name: 'where it is locked', message: { type: 'lockAnnounced', eventId, paymentHash: said.paymentHash, amountMsat: said.amountMsat, expirySecs: said.expirySecs } })
    case 'refund':
    case 'receipt':
      throw new Error('this is said beside the machine')
    case 'release':
      return { ...say(world, { to: 'seller', name: 'the secret', message: { type: 'preimageReceived', eventId, paymentHash: said.paymentHash } }), secretTold: true }
  }
}

/** On disk before the wallet hears of it, and then it does, or this machine dies in between. */
function asked(world: World, intent: Intent | LockIntent): readonly Step[] {
  const stored = tellPurchase(world, { type: 'payAsked', paymentHash: intent.paymentHash })
  return [
    { name: 'customer asks its wallet', next: () => began(stored, intent), isObliging: true, topic: 'settling' },
    { name: 'customer dies before it asks its wallet', next: () => stored, isObliging: false, topic: 'crashing' },
  ]
}

/** The same again under the same key is the same payment. */
function began(world: World, intent: Intent | LockIntent): World {
  const { paymentHash, amountMsat, expiresAt } = intent
  if ('address' in intent) {
    if (findMoney(world, paymentHash) !== null) return world
    const lock: Money = { hash: paymentHash, payee: 'seller', amountMsat, expiresAt, kind: 'lock', state: 'pending', was: 'open', heldUntil: world.now + intent.expirySecs * 1_000, misled: false }
    return { ...world, money: [...world.money, lock] }
  }
  const money = findMoney(world, paymentHash)
  if (money === null || money.state !== 'open' || world.now >= expiresAt * 1_000) return world
  return changeMoney(world, paymentHash, { state: 'pending' })
}

function answered(world: World, intent: Intent | LockIntent): readonly Step[] {
  const { paymentHash, expiresAt } = intent
  const money = findMoney(world, paymentHash)
  const silence: Step = { name: 'customer’s wallet is silent', next: () => tellPurchase(world, { type: 'payAnswered', paymentHash, outcome: SILENCE }), isObliging: false, topic: 'settling' }
  if (money === null || money.state === 'open' || money.state === 'closed') {
    const next = tellPurchase(world, { type: 'paymentLookedUp', paymentHash, payment: null })
    // It never heard of it: it is asked again, unless that is not wanted any more.
    const isAskedAgain = next.purchase === world.purchase && world.now < expiresAt * 1_000 && !isStopping(world)
    return [{ name: 'customer’s wallet knows nothing of it', next: () => (isAskedAgain ? began(next, intent) : next), isObliging: true, topic: 'settling' }, silence]
  }
  return [...told(world, money, false), silence, ...lies(world, money)]
}

/** Once, while it is on its way or locked. */
function lies(world: World, money: Money): readonly Step[] {
  if (money.misled || (money.state !== 'pending' && money.state !== 'held')) return []
  const { hash } = money
  const next = () => changeMoney(tellPurchase(world, money.state === 'pending' ? { type: 'payAnswered', paymentHash: hash, outcome: NO } : { type: 'paymentLookedUp', paymentHash: hash, payment: paymentOf(money, 'outgoing', 'returned') }), hash, { misled: true })
  return [{ name: 'customer’s wallet calls it failed, and it is not', next, isObliging: false, topic: 'settling' }]
}

/** `isLate`: after it had called it failed. */
function told(world: World, money: Money, isLate: boolean): readonly Step[] {
  return views(world, money.hash).flatMap(({ state, isTrue }): Step[] => {
    if (state === 'nothing') return []
    const payment = paymentOf(money, 'outgoing', state)
    const next = tellPurchase(world, { type: 'paymentLookedUp', paymentHash: money.hash, payment })
    // What it says it never heard of is given up only when it could not be paid any more.
    const isMisled = !isTrue && payment === null && world.now >= money.expiresAt * 1_000 + DOUBT_GRACE_MS
    return [{ name: `customer’s wallet says ${state}${isTrue ? '' : ', though that was before'}${isLate ? ', after it had said no' : ''}`, next: () => (isMisled ? changeMoney(next, money.hash, { misled: true }) : next), isObliging: isTrue, topic: 'settling' }]
  })
}

function isStopping(world: World): boolean {
  const purchase = purchases.stateOf(world.purchase)
  return purchase.begun && 'stopping' in purchase.phase && Boolean(purchase.phase.stopping)
}

