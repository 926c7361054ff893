/** What may happen in the world at any moment, and what has to be true of it: both machines' books against the money itself. */
import { isBalanced } from '#shared/market/books.ts'
import { CLAIM_GRACE_MS, DOUBT_GRACE_MS as REFUND_GRACE_MS } from '../../credit/patience.ts'
import { lookAt as lookAtPurchase } from '../../customer/purchase.ts'
import { DOUBT_GRACE_MS } from '../../customer/settlement/patience.ts'
import { CLOCK_DOUBT_MS, expiryDeadline } from '../../provider/settlement/invoicePatience.ts'
import { customerMoves } from './customerMoves.ts'
import type { Model, Move } from './explore.ts'
import { sellerMoves } from './sellerMoves.ts'
import { changeMoney, FEE, HASH, keyOf, PREVIEW_PERMILLE, purchases, sales, TEXT, type Kind, type Money, type World } from './world.ts'

type Step = Move<World>

/** How long a payment stays locked at its payee's invoice, beyond what is asked. */
const HOLD_MS = 900_000
/** Of the moments at which something runs out, so many next ones may come at once: a machine that was off sees the last of them first. */
const MOMENTS = 2

export function createModel(kind: Kind): Model<World> {
  return {
    keyOf,
    movesFrom: (world) => [...walletMoves(world), ...sellerMoves(world), ...customerMoves(world, kind), ...timeMoves(world)],
    faultsIn: (world) => faultsIn(world, kind),
    faultsAtEnd: (world) => [...faultsIn(world, kind), ...faultsAtEnd(world, kind)],
  }
}

/** What the wallets' network does; a payment that arrives is never brought back, and a lock returns once, when its time is over. */
function walletMoves(world: World): readonly Step[] {
  return world.money.flatMap((money): Step[] => {
    const { hash, state, kind } = money
    if (state === 'pending') {
      const arrived = kind === 'plain' ? changeMoney(world, hash, { state: 'settled' }) : changeMoney(world, hash, { state: 'held', heldUntil: money.heldUntil ?? world.now + HOLD_MS })
      const isInTime = world.now < money.expiresAt * 1_000
      const fails: Step = { name: `the payment on ${nameOf(money)} fails`, next: () => changeMoney(world, hash, { state: 'returned' }), isObliging: !isInTime, topic: 'settling' }
      return isInTime ? [{ name: `the payment on ${nameOf(money)} arrives`, next: () => arrived, isObliging: true, topic: 'settling' }, fails] : [fails]
    }
    if (state === 'held' && world.now >= (money.heldUntil ?? 0)) return [{ name: `the lock on ${nameOf(money)} returns`, next: () => changeMoney(world, hash, { state: 'returned' }), isObliging: false, topic: 'time' }]
    if (state === 'open' && world.now >= money.expiresAt * 1_000) return [{ name: `the invoice on ${nameOf(money)} closes`, next: () => changeMoney(world, hash, { state: 'closed' }), isObliging: true, topic: 'time' }]
    return []
  })
}

/** Time goes to a moment at which something runs out, or past several. A lock whose time is over returns at last. */
function timeMoves(world: World): readonly Step[] {
  const moments = momentsAfter(world)
  const passing = moments.slice(0, MOMENTS).map((moment, index): Step => ({ name: index === 0 ? 'time goes to the next moment' : `time goes past ${index} more`, next: () => ({ ...world, now: moment }), isObliging: true, topic: 'time' }))
  const overdue = world.money.find(({ state, heldUntil }) => state === 'held' && world.now >= (heldUntil ?? 0))
  const back: readonly Step[] = overdue === undefined ? [] : [{ name: 'what was locked is back', next: () => changeMoney(world, overdue.hash, { state: 'returned' }), isObliging: true, topic: 'time' }]
  return [...back, ...passing]
}

function momentsAfter(world: World): readonly number[] {
  const wakes = [...sales.factsOf(world.sale).due, ...purchases.factsOf(world.purchase).due].flatMap((effect) => (effect.type === 'wake' ? [effect.at] : effect.type === 'work' ? [effect.notBefore] : effect.type === 'watchPayment' ? [expiryDeadline(effect)] : []))
  const ends = world.money.flatMap(({ payee, state, expiresAt, heldUntil }) => {
    if (state === 'held') return [heldUntil ?? 0]
    const end = expiresAt * 1_000
    if (payee === 'customer') return [end, end + REFUND_GRACE_MS, end + CLAIM_GRACE_MS]
    return state === 'open' || state === 'pending' ? [end, expiryDeadline({ expiresAt }), end + DOUBT_GRACE_MS, expiryDeadline({ expiresAt }) + CLOCK_DOUBT_MS] : [expiryDeadline({ expiresAt }), end + DOUBT_GRACE_MS, expiryDeadline({ expiresAt }) + CLOCK_DOUBT_MS]
  })
  return [...new Set([...wakes, ...ends])].filter((moment) => moment > world.now).sort((one, other) => one - other)
}

function faultsIn(world: World, { settlement, depositMsat }: Kind): readonly string[] {
  const faults: string[] = []
  const hold = (isRight: boolean, law: string) => isRight || faults.push(law)
  const { look: bought, due: wanted } = purchases.factsOf(world.purchase)
  const { look: sold, due } = sales.factsOf(world.sale)
  const settledMsat = sum(world, 'seller', ['settled'])
  const backMsat = sum(world, 'customer', ['settled'])
  const purchase = purchases.stateOf(world.purchase)
  if (bought === null || !purchase.begun) return ['it was asked']
  hold(isBalanced(bought.standing), 'the customer’s books balance')
  hold(bought.final || wanted.length > 0, 'what is not over for the customer has something due')
  hold(bought.paidMsat <= settledMsat, 'the customer books no payment that did not settle, and none twice')
  const leftMsat = 0 - (bought.standing.wallet ?? 0)
  const goneMsat = sum(world, 'seller', ['pending', 'held', 'settled'], (money) => !money.misled) - backMsat
  hold(leftMsat >= goneMsat, `what left the customer’s wallet is in its books: ${leftMsat} of ${goneMsat}`)
  hold(!world.secretTold || (purchase.hasResult && purchase.text.trim() !== ''), 'no release without an answer')
  const most = settlement === 'metered' ? Infinity : settlement === 'sealed' && depositMsat > 0 ? 2 : 1
  hold(world.money.filter(({ state, payee }) => payee === 'seller' && (state === 'pending' || state === 'held' || state === 'settled')).length <= most, 'one payment for each job, or each part of one')
  if (settlement === 'sealed' && purchase.text.length > (TEXT.length * PREVIEW_PERMILLE) / 1_000) hold(stateOf(world, HASH) === 'settled', 'nobody reads on without having paid')
  if (sold === null) return faults
  const sale = sales.stateOf(world.sale)
  hold(isBalanced(sold.standing), 'the seller’s books balance')
  hold(sold.final || due.length > 0 || sold.state === 'owed', 'what is not over for the seller has something due, or waits for its person')
  hold(sold.receivedMsat <= settledMsat, 'the seller books no payment that did not settle, and none twice')
  const isMade = sold.generated !== null || due.some(({ type }) => type === 'work')
  if (isMade) hold(isMoneySeen(world, settlement, depositMsat), 'no work without money that the seller’s own wallet showed')
  if (due.some(({ type }) => type === 'claim')) hold(settlement === 'escrow' ? world.secretHeard : world.said.some(({ name }) => name === 'the sealed answer'), 'no claim without a secret, nor before the answer is with a relay')
  if (world.secretHeard && stateOf(world, HASH) === 'held' && !sold.final) hold(due.some(({ type }) => type === 'claim' || type === 'send' || type === 'work' || type === 'giveBack'), 'a secret that was heard is used')
  const repaidMsat = sum(world, 'customer', ['pending', 'settled'])
  hold(repaidMsat <= settledMsat, 'no more is paid back than came')
  hold(settlement === 'metered' || repaidMsat === 0 || sold.state !== 'done', 'what is paid back is not delivered besides')
  // Of what the customer knows to have been paid, and is not being paid back.
  const owedForGoodMsat = Math.min(sold.repayableMsat ?? 0, sold.owedMsat)
  if (bought.final && bought.paidMsat >= sold.receivedMsat && (sold.refunds?.pendingMsat ?? 0) === 0) hold((bought.claimableMsat ?? 0) >= owedForGoodMsat, `what the seller owes for good can be asked back: ${bought.claimableMsat ?? 0} of ${owedForGoodMsat}, ${bought.state}`)
  if (settlement === 'escrow' && settledMsat > 0) hold(world.secretTold && world.said.some(({ name }) => name.startsWith('the result')), 'no lock is taken but for an answer that was released')
  if (settlement === 'metered' && sale.begun) hold((world.run ?? 0) <= (sales.factsOf(world.sale).meter?.allowed ?? Infinity), 'no token is made that is not paid for')
  return faults
}

function isMoneySeen(world: World, settlement: Kind['settlement'], depositMsat: number): boolean {
  const states = world.money.filter(({ payee }) => payee === 'seller').map(({ state }) => state)
  switch (settlement) {
    case 'prepay':
    case 'metered':
      return states.includes('settled')
    case 'escrow':
      return states.some((state) => state === 'held' || state === 'settled' || state === 'returned')
    case 'sealed':
      return depositMsat === 0 || states.includes('settled')
  }
}

/** Both sides say what the money did, to the msat, and nobody waits for anything. */
function faultsAtEnd(world: World, { settlement }: Kind): readonly string[] {
  const faults: string[] = []
  const hold = (isRight: boolean, law: string) => isRight || faults.push(law)
  const { look: bought } = purchases.factsOf(world.purchase)
  const { look: sold } = sales.factsOf(world.sale)
  const purchase = purchases.stateOf(world.purchase)
  if (bought === null || !purchase.begun) return ['it was asked']
  const settledMsat = sum(world, 'seller', ['settled'])
  const backMsat = sum(world, 'customer', ['settled'])
  const feesMsat = feesOf(world, 'seller')
  hold(bought.final, `the customer waits for ever: ${bought.state}, ${bought.note}`)
  hold(bought.paidMsat === settledMsat && bought.feeMsat === feesMsat, `the customer says that it paid ${bought.paidMsat} and ${bought.feeMsat} for it; ${settledMsat} and ${feesMsat} settled`)
  hold(bought.pendingMsat === 0 && bought.lockedMsat === 0, 'nothing of the customer’s stays locked or on its way')
  hold((bought.standing.wallet ?? 0) === backMsat - settledMsat - feesMsat, 'the customer’s books have exactly what left')
  hold(bought.state !== 'done' || purchase.hasResult, 'done is answered')
  hold(!world.money.some(({ state }) => state === 'held' || state === 'pending'), 'no money stays in between')
  if (sold === null) {
    hold(settledMsat === 0, 'nobody is paid who was not asked')
    return faults
  }
  hold(sold.final, `the seller waits for ever: ${sold.state}, ${sold.note ?? ''}`)
  hold(sold.receivedMsat === settledMsat, `the seller says that it has ${sold.receivedMsat}; ${settledMsat} settled`)
  hold(sold.lockedMsat === 0 && (sold.standing.wallet ?? 0) === settledMsat - backMsat - feesOf(world, 'customer'), 'the seller’s books have exactly what came')
  hold(settledMsat === 0 || sold.generated !== null || sold.owedMsat > 0 || backMsat > 0 || sold.state === 'failed' || sold.state === 'stopped', 'what was paid is delivered, owed or written off')
  if (settlement === 'sealed') hold((purchase.text === TEXT) === (stateOf(world, HASH) === 'settled'), 'who paid has read it, and nobody else')
  if (settlement === 'sealed') hold((lookAtPurchase(purchase).state === 'done') === (sold.state === 'done'), 'both call it done, or neither does')
  return faults
}

function sum(world: World, payee: Money['payee'], states: readonly Money['state'][], counts: (money: Money) => boolean = () => true): number {
  return world.money.filter((money) => money.payee === payee && states.includes(money.state) && counts(money)).reduce((total, { amountMsat }) => total + amountMsat, 0)
}

const feesOf = (world: World, payee: Money['payee']) => FEE * world.money.filter((money) => money.payee === payee && money.state === 'settled').length

const stateOf = (world: World, hash: string) => world.money.find((money) => money.hash === hash)?.state ?? null

const nameOf = ({ hash, kind }: Money) => (hash === HASH ? `the agreed hash (${kind})` : `invoice ${Number(hash)}`)
