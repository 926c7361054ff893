/** What is paid back: the customer's invoice, the seller's payment of it, and what both wallets say of that. */
import { encodeInvoice } from '#shared/protocol/bolt11.ts'
import type { ClaimEffect } from '../../credit/claim.ts'
import type { RefundEffect } from '../../credit/refund.ts'
import { UNLIMITED } from '../../spending/judgeSpending.ts'
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
  return tellPurchase(world, { type: 'claimMissing', paymentHash, isClosed: found === null || found.state === 'expired' || found.state === 'failed' })
}

/** On disk before the wallet hears of it; asked and not answered, it is looked at first. */
export function payingBack(world: World, { type, intent }: RefundEffect): readonly Step[] {
  const { paymentHash, expiresAt } = intent
  const money = findMoney(world, paymentHash)
  if (money === null) throw new Error('it pays back what nobody asked for')
  const begin = (before: World) => (money.state === 'open' && before.now < expiresAt * 1_000 ? changeMoney(before, paymentHash, { state: 'pending' }) : before)
  if (type === 'payRefund') {
    const stored = tellSale(world, { type: 'refundAsked', paymentHash })
    return [
      { name: 'seller pays back', next: () => begin(stored), isObliging: true, topic: 'refunding' },
      { name: 'seller dies before it pays back', next: () => stored, isObliging: false, topic: 'crashing' },
    ]
  }
  const silence: Step = { name: 'seller’s wallet is silent about what it pays back', next: () => tellSale(world, { type: 'refundAnswered', paymentHash, outcome: { state: 'unknown', problem: { code: 'wallet-timeout', message: 'Silence.' } } }), isObliging: false, topic: 'refunding' }
  const said = views(world, paymentHash).map(({ state, isTrue }): Step => ({
    name: `seller’s wallet says of what it pays back ${state}${isTrue ? '' : ', late'}`,
    next: () => {
      const payment = state === 'nothing' ? null : paymentOf(money, 'outgoing', state)
      const next = tellSale(world, { type: 'refundLookedUp', paymentHash, payment })
      return payment === null && next.sale === world.sale ? begin(next) : next
    },
    isObliging: isTrue,
    topic: 'refunding',
  }))
  return [...said, silence]
}
