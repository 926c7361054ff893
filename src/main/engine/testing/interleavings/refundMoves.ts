/** What is paid back: the customer's invoice, the seller's payment of it, and what both wallets say of that. */
import { encodeInvoice } from '#shared/protocol/bolt11.ts'
import type { ClaimEffect } from '../../credit/claim.ts'
import { DOUBT_GRACE_MS } from '../../credit/patience.ts'
import type { RefundEffect, RefundIntent } from '../../credit/refund.ts'
import { UNLIMITED } from '../../spending/judgeSpending.ts'
import type { PayOutcome } from '../../wallet/wallet.ts'
import type { Move } from './explore.ts'
import { changeMoney, findMoney, paymentOf, say, tellPurchase, tellSale, views, type Money, type World } from './world.ts'

type Step = Move<World>

const DELIVERY = { eventId: 'e', raw: '{}', verdicts: [] }
const invoices = new Map<string, string>()

export function claiming(world: World, effect: ClaimEffect): readonly Step[] {
  switch (effect.type) {
    case 'makeClaim':
      return [{ name: 'customer makes an invoice over what it is owed', next: () => makeClaim(world, effect), isObliging: true, topic: 'refunding' }]
    case 'sendClaim': {
      const said = say(world, { to: 'seller', name: `the wish to be paid back ${effect.bolt11.slice(-6)}`, message: { type: 'refundWanted', eventId: 'e', bolt11: effect.bolt11, network: 'regtest', context: { ...UNLIMITED, maxFeePermille: 10 } } })
      return [
        { name: 'customer says that it wants its money back', next: () => tellPurchase(said, { type: 'claimSent', delivery: DELIVERY }), isObliging: true, topic: 'refunding' },
        { name: 'customer says that it wants its money back, and dies before it knows', next: () => said, isObliging: false, topic: 'crashing' },
      ]
    }
    case 'watchClaim':
      return views(world, effect.paymentHash).map(({ state, isTrue }): Step => ({ name: `customer’s wallet says of its money ${state}${isTrue ? '' : ', late'}`, next: () => watch(world, effect.paymentHash, state), isObliging: isTrue, topic: 'refunding' }))
  }
}

function makeClaim(world: World, { amountMsat, expirySecs }: ClaimEffect & { type: 'makeClaim' }): World {
  const hash = `${'e'.repeat(63)}${world.money.filter(({ payee }) => payee === 'customer').length}`
  const createdAt = world.now / 1_000
  const words = `${hash} ${createdAt} ${amountMsat}`
  const bolt11 = invoices.get(words) ?? encodeInvoice({ network: 'regtest', amountMsat, paymentHash: hash, paymentSecret: '1'.repeat(64), description: '', createdAt, expirySecs, minFinalCltvExpiry: 18 }, new Uint8Array(32).fill(7))
  invoices.set(words, bolt11)
  const money: Money = { hash, payee: 'customer', amountMsat, expiresAt: createdAt + expirySecs, kind: 'plain', state: 'open', was: 'open', heldUntil: null, misled: false }
  return tellPurchase({ ...world, money: [...world.money, money] }, { type: 'claimInvoiced', invoice: { bolt11, paymentHash: hash, amountMsat, network: 'regtest', createdAt, expiresAt: createdAt + expirySecs, description: '' } })
}

function watch(world: World, paymentHash: string, state: Money['state'] | 'nothing'): World {
  const money = findMoney(world, paymentHash)
  const found = money === null || state === 'nothing' ? null : paymentOf(money, 'incoming', state)
  if (found?.state === 'settled') return tellPurchase(world, { type: 'claimPaid', paymentHash, settledMsat: found.amountMsat })
  return tellPurchase(world, { type: 'claimMissing', paymentHash })
}

/** On disk before the wallet hears of it; asked and not answered, or called failed, it is looked at first. */
export function payingBack(world: World, effect: RefundEffect): readonly Step[] {
  return effect.type === 'payRefund' ? begun(world, effect) : lookedUp(world, effect)
}

/** Only once the wallet says of every one before it that it did not go. */
function begun(world: World, { intent, earlier }: RefundEffect): readonly Step[] {
  const { paymentHash } = intent
  const gone = earlier.flatMap((before) => {
    const money = findMoney(world, before.paymentHash)
    return money === null ? [] : views(world, before.paymentHash).map((view) => ({ ...view, money, payment: view.state === 'nothing' ? null : paymentOf(money, 'outgoing', view.state) }))
  })
  const isFree = gone.every(({ isTrue, payment }) => !isTrue || payment === null || payment.state === 'failed')
  const late = gone.filter(({ payment }) => payment?.state === 'settled').map(({ money, payment, isTrue }): Step => ({ name: `seller’s wallet says settled of what it had given up${isTrue ? '' : ', late'}`, next: () => tellSale(world, { type: 'refundLookedUp', paymentHash: money.hash, payment }), isObliging: isTrue, topic: 'refunding' }))
  if (!isFree) return late
  const stored = tellSale(world, { type: 'refundAsked', paymentHash })
  return [
    ...late,
    { name: 'seller pays back', next: () => begin(stored, intent), isObliging: true, topic: 'refunding' },
    { name: 'seller dies before it pays back', next: () => stored, isObliging: false, topic: 'crashing' },
  ]
}

function lookedUp(world: World, { intent, isDoubted }: RefundEffect): readonly Step[] {
  const { paymentHash, expiresAt } = intent
  const money = moneyOf(world, intent)
  // Nobody's wallet is wrong for longer than the patience that is written down for it.
  const mayLie = world.now < expiresAt * 1_000 + DOUBT_GRACE_MS
  const lie: Step = { name: 'seller’s wallet calls what it pays back failed, and it is not', next: () => told({ state: 'failed', problem: { code: 'payment-failed', message: 'No route.' } }), isObliging: false, topic: 'refunding' }
  const told = (outcome: PayOutcome) => tellSale(world, { type: 'refundAnswered', paymentHash, outcome })
  const said = views(world, paymentHash).map(({ state, isTrue }): Step => ({
    name: `seller’s wallet says of what it pays back ${state}${isTrue ? '' : ', late'}`,
    next: () => {
      const payment = state === 'nothing' ? null : paymentOf(money, 'outgoing', state)
      const next = tellSale(world, { type: 'refundLookedUp', paymentHash, payment })
      if (next.sale !== world.sale || (payment !== null && payment.state !== 'failed')) return next
      const again = isDoubted ? tellSale(world, { type: 'refundAsked', paymentHash }) : world
      return isDoubted ? (again.sale === world.sale ? world : begin(again, intent)) : payment === null ? begin(world, intent) : world
    },
    isObliging: isTrue,
    topic: 'refunding',
  }))
  return [
    ...said,
    { name: 'seller’s wallet is silent about what it pays back', next: () => told({ state: 'unknown', problem: { code: 'wallet-timeout', message: 'Silence.' } }), isObliging: false, topic: 'refunding' },
    ...(mayLie ? [lie] : []),
  ]
}

/** What failed may be sent again under its key, and what is under way or has settled is not sent twice. */
function begin(world: World, intent: RefundIntent): World {
  const { state } = moneyOf(world, intent)
  return (state === 'open' || state === 'returned') && world.now < intent.expiresAt * 1_000 ? changeMoney(world, intent.paymentHash, { state: 'pending' }) : world
}

function moneyOf(world: World, { paymentHash }: RefundIntent): Money {
  const money = findMoney(world, paymentHash)
  if (money === null) throw new Error('it pays back what nobody asked for')
  return money
}
