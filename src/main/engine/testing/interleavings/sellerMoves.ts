/** What may happen at the seller: what is due there is done, cut short or told late; what is at the relay is heard, in any order and again; a person interferes. */
import { ok } from '#shared/market/result.ts'
import type { AnySaleEffect, AnySaleMessage } from '../../provider/repayableSale.ts'
import { outgoingOf, type SaleEffect } from '../../provider/sale.ts'
import { expiryDeadline } from '../../provider/settlement/invoicePatience.ts'
import type { SaleOutgoing } from '../../provider/settlement/mode.ts'
import { sealAnswer } from '../../sealing/seal.ts'
import { UNLIMITED } from '../../spending/judgeSpending.ts'
import type { Move, Topic } from './explore.ts'
import { payingBack } from './refundMoves.ts'
import { ANSWER_TOKENS, changeMoney, findMoney, paymentOf, sales, say, SECRET, SELLER, tellSale, TEXT, views, type Money, type World } from './world.ts'

type Step = Move<World>
type Due<Type extends SaleEffect['type']> = Extract<SaleEffect, { type: Type }>

const DELIVERY = { eventId: 'e', raw: '{}', verdicts: [] }
const SEALED = sealAnswer(TEXT, 300, SECRET)
/** Each run is one that a crash may cut short. */
const MOST_RUNS = 2

export function sellerMoves(world: World): readonly Step[] {
  const heard = world.said.flatMap((said): Step[] => {
    if (said.to !== 'seller') return []
    const next = tellSale(world, said.message)
    const isSecret = said.message.type === 'preimageReceived' && next.sale !== world.sale
    return [{ name: `seller hears ${said.name}`, next: () => (isSecret ? { ...next, secretHeard: true } : next), isObliging: true, topic: topicOf(said.message) }]
  })
  const { look, due } = sales.factsOf(world.sale)
  if (look === null) return heard
  const moves: readonly Step[] = [
    { name: 'seller’s clock', next: () => tellSale(world, { type: 'tick' }), isObliging: true, topic: 'time' },
    { name: 'seller cancels', next: () => tellSale(world, { type: 'sellerCancelled' }), isObliging: false, topic: 'cancelling' },
  ]
  // A debt that is not tried again by itself waits for its person.
  const owed: readonly Step[] = [
    { name: 'seller answers what it owes', next: () => tellSale(world, { type: 'retryAsked' }), isObliging: true, topic: 'refunding' },
    { name: 'seller writes off what it owes', next: () => tellSale(world, { type: 'writtenOff', note: 'paid back' }), isObliging: false, topic: 'refunding' },
  ]
  return [...heard, ...due.flatMap((effect) => performed(world, effect)), ...moves, ...(look.state === 'owed' ? owed : [])]
}

function topicOf({ type }: { readonly type: AnySaleMessage['type'] }): Topic {
  if (type === 'requested') return 'asking'
  if (type === 'customerCancelled') return 'cancelling'
  if (type === 'refundWanted') return 'refunding'
  return type === 'preimageReceived' ? 'releasing' : 'settling'
}

function performed(world: World, effect: AnySaleEffect): readonly Step[] {
  switch (effect.type) {
    case 'payRefund':
    case 'lookUpRefund':
      return payingBack(world, effect)
    case 'makeInvoice':
      return [
        { name: `seller makes invoice ${effect.index}`, next: () => makeInvoice(world, effect), isObliging: true, topic: 'settling' },
        { name: `seller cannot make invoice ${effect.index}`, next: () => tellSale(world, { type: 'invoiceFailed', index: effect.index, problem: { code: 'wallet-timeout', message: 'no' } }), isObliging: false, topic: 'settling' },
      ]
    case 'send':
      return sent(world, effect)
    case 'watchPayment':
      return views(world, effect.paymentHash).map(({ state, isTrue }) => ({ name: `seller’s wallet says ${state}${isTrue ? '' : ', late'}`, next: () => watch(world, effect, state), isObliging: isTrue, topic: 'settling' }))
    case 'claim': {
      const claimed = findMoney(world, effect.paymentHash)?.state === 'held' ? changeMoney(world, effect.paymentHash, { state: 'settled' }) : world
      return [
        { name: 'seller claims', next: () => afterClaim(claimed, effect.paymentHash), isObliging: true, topic: 'settling' },
        { name: 'seller claims, and dies before it hears of it', next: () => claimed, isObliging: false, topic: 'crashing' },
      ]
    }
    case 'giveBack': {
      const given = giveBack(world, effect.paymentHash)
      return [
        { name: 'seller gives back', next: () => afterClaim(given, effect.paymentHash), isObliging: true, topic: 'settling' },
        { name: 'seller gives back, and dies before it hears of it', next: () => given, isObliging: false, topic: 'crashing' },
      ]
    }
    case 'work':
      return worked(world, effect)
    case 'seal':
      return [{ name: 'seller seals', next: () => tellSale(world, { type: 'sealed', ...SEALED }), isObliging: true, topic: 'working' }]
    case 'collectPartial': {
      const kept = sales.factsOf(world.sale).meter?.kept
      const tokens = world.run ?? kept?.usage?.outputTokens ?? 0
      const text = kept === undefined ? TEXT.slice(0, 9) : answerOf(tokens)
      return [{ name: 'seller takes what was made', next: () => tellSale({ ...world, run: null }, { type: 'generated', generated: { text, usage: kept === undefined ? null : { promptTokens: 3, outputTokens: tokens, durationMs: 0 }, stoppedBy: 'customer' } }), isObliging: true, topic: 'working' }]
    }
    case 'wake':
      return []
  }
}

/** No two tokens are alike, as padding would be. */
export const answerOf = (tokens: number) => Array.from({ length: tokens }, (_, index) => String.fromCharCode(65 + index)).join('')

function makeInvoice(world: World, { index, amountMsat, expirySecs, hold }: Due<'makeInvoice'>): World {
  const paymentHash = hold?.paymentHash ?? String(index).padStart(64, '0')
  const known = findMoney(world, paymentHash)
  const [createdAt, expiresAt] = [world.now / 1_000, known?.expiresAt ?? world.now / 1_000 + expirySecs]
  const money: Money = known ?? { hash: paymentHash, payee: 'seller', amountMsat, expiresAt, kind: hold === null ? 'plain' : 'hold', state: 'open', was: 'open', heldUntil: null, misled: false }
  const next = known === null ? { ...world, money: [...world.money, money] } : world
  return tellSale(next, { type: 'invoiceMade', index, invoice: { bolt11: `ln${paymentHash}`, paymentHash, amountMsat, network: 'regtest', createdAt, expiresAt, description: '' } })
}

function sent(world: World, { what, index }: Due<'send'>): readonly Step[] {
  const sale = sales.stateOf(world.sale)
  const outgoing = sale.begun ? outgoingOf(sale, what) : null
  if (outgoing === null) return []
  const published = publish(world, outgoing)
  const recorded = tellSale(published, { type: 'sent', what, delivery: DELIVERY, ...(index === undefined ? {} : { index }) })
  return [
    { name: `seller says ${what}`, next: () => recorded, isObliging: true, topic: what === 'invoice' ? 'settling' : 'working' },
    { name: `seller says ${what}, and dies before it knows`, next: () => published, isObliging: false, topic: 'crashing' },
  ]
}

function publish(world: World, said: SaleOutgoing): World {
  const from = { from: SELLER, eventId: 'e', raw: '' }
  switch (said.what) {
    case 'invoice': {
      const { bolt11, paymentHash, amountMsat, network, expiresAt } = said.invoice
      const step = said.step === undefined ? {} : { step: { index: said.index, promptTokens: said.step.promptTokens, outputTokens: said.step.outputTokens } }
      const invoice = ok({ bolt11, paymentHash, amountMsat, network, expiresAt, description: '' })
      return say(world, { to: 'customer', name: `invoice ${said.index}`, message: { type: 'invoiceReceived', ...from, invoice, context: { ...UNLIMITED, maxFeePermille: 10 }, index: said.index, ...step } })
    }
    case 'result':
      return say(world, { to: 'customer', name: `the result, ${said.generated.text.length} characters`, message: { type: 'resultReceived', ...from, text: said.generated.text, usage: said.generated.usage, receipt: null, isOpen: true } })
    case 'sealed':
      return say(world, { to: 'customer', name: 'the sealed answer', message: { type: 'sealedReceived', ...from, goods: said.goods } })
    case 'refusal':
    case 'trouble':
      return say(world, { to: 'customer', name: `“${said.reason}”`, message: { type: 'refusalReceived', ...from, reason: said.reason, isPause: said.isPause === true } })
  }
}


function watch(world: World, { paymentHash, expiresAt, until }: Due<'watchPayment'>, state: Money['state'] | 'nothing'): World {
  const money = findMoney(world, paymentHash)
  const found = money === null || state === 'nothing' ? null : paymentOf(money, 'incoming', state)
  if (found?.state === 'settled') return tellSale(world, { type: 'paymentSeen', paymentHash, settledMsat: found.amountMsat })
  if (found?.state === 'held') return until === 'held' ? tellSale(world, { type: 'lockSeen', paymentHash, amountMsat: found.amountMsat, heldUntil: found.heldUntil === null ? null : found.heldUntil * 1_000 }) : world
  if (world.now < expiryDeadline({ expiresAt })) return world
  return tellSale(world, { type: 'paymentMissing', paymentHash, isClosed: found === null || found.state === 'expired' || found.state === 'failed' })
}

function afterClaim(world: World, paymentHash: string): World {
  const money = findMoney(world, paymentHash)
  const found = money === null ? null : paymentOf(money, 'incoming')
  if (found?.state === 'settled') return tellSale(world, { type: 'paymentSeen', paymentHash, settledMsat: found.amountMsat })
  return found === null || found.state === 'failed' || found.state === 'expired' ? tellSale(world, { type: 'lockReturned', paymentHash }) : world
}

/** What is on its way to a closed invoice comes back; a plain invoice and a lock cannot be closed. */
function giveBack(world: World, hash: string): World {
  const money = findMoney(world, hash)
  if (money?.kind !== 'hold') return world
  if (money.state === 'open') return changeMoney(world, hash, { state: 'closed' })
  return money.state === 'held' || money.state === 'pending' ? changeMoney(world, hash, { state: 'returned' }) : world
}

function worked(world: World, { attempt, notBefore }: Due<'work'>): readonly Step[] {
  if (world.now < notBefore) return []
  const { meter } = sales.factsOf(world.sale)
  const isRunning = meter === null ? attempt > 1 : world.run !== null
  const begun = tellSale(world, { type: 'workBegun', attempt })
  const failed = (message: string) => tellSale({ ...world, run: null }, { type: 'workFailed', problem: { code: 'backend-failed', message } })
  const begins: readonly Step[] = attempt > MOST_RUNS ? [] : [{ name: `seller begins, run ${attempt}`, next: () => (meter === null ? begun : { ...begun, run: 0 }), isObliging: !isRunning, topic: 'working' }]
  if (meter !== null && world.run === null && meter.kept.text !== '') return [{ name: 'seller’s run was cut short', next: () => failed('interrupted'), isObliging: true, topic: 'working' }]
  if (!isRunning) return begins
  const fails: Step = { name: 'seller’s model fails', next: () => failed('out of memory'), isObliging: false, topic: 'working' }
  if (meter === null) return [{ name: 'seller finishes', next: () => tellSale(world, { type: 'generated', generated: { text: TEXT, usage: null, stoppedBy: 'end' } }), isObliging: true, topic: 'working' }, fails, ...begins]
  return [...meteredWork(world, world.run ?? 0), fails, { name: 'seller dies at work', next: () => ({ ...world, run: null }), isObliging: false, topic: 'crashing' }]
}

/** As far as the next mark, or what is paid for, or the end. */
function meteredWork(world: World, made: number): readonly Step[] {
  const { meter } = sales.factsOf(world.sale)
  if (meter === null) return []
  const until = Math.min(meter.allowed, ANSWER_TOKENS, meter.nextMark ?? Infinity)
  if (made >= ANSWER_TOKENS) return [{ name: 'seller finishes', next: () => tellSale({ ...world, run: null }, { type: 'generated', generated: { text: answerOf(made), usage: { promptTokens: 3, outputTokens: made, durationMs: 0 }, stoppedBy: 'end' } }), isObliging: true, topic: 'working' }]
  const told = tellSale({ ...world, run: Math.max(made, until), streamed: Math.max(world.streamed, until) }, { type: 'tokensMade', tokens: Math.max(made, until), text: answerOf(Math.max(made, until)).slice(meter.kept.text.length) })
  return [{ name: 'seller makes text', next: () => told, isObliging: true, topic: 'working' }]
}

