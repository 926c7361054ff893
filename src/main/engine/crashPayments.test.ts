/**
 * What a person sends by hand, an invoice or a withdrawal to the chain: kill -9 at the intent, in the wallet's call and at the outcome;
 * then the same button again, and the mint's or the operators' own books against ours. Sent once at the most; an invoice that the wallet
 * never heard of is known not to be paid once it is over, a withdrawal that was meant goes on by itself.
 */
import { afterAll, describe, expect, it } from 'vitest'
import type { CrashWallet } from './testing/crash/crashMoney.ts'
import { costOf } from './testing/crash/judgeJob.ts'
import { CRASH_ALL, CRASH_SEEDS, describeKilled, killAt, killEverywhere } from './testing/crash/killEverywhere.ts'
import { openPaymentWorld, SENT_MSAT, type PaymentRun, type PaymentWorld } from './testing/crash/paymentWorld.ts'
import { PATIENCE_MS } from './testing/crash/patience.ts'
import { WITHDRAWN_MSAT } from './testing/crash/wishes.ts'

const SUITE_MS = 900_000

const INTENDED = 'write payment intended'
const SETTLED = 'write payment settled'
const PAY = 'wallet pay'
const SDK = 'sdk sendPayment'

interface Suite {
  readonly what: 'payment' | 'withdrawal'
  readonly wallet: CrashWallet
  /** The deaths of which one process is to die, with seed 1, unless SOUK_CRASH=all asks for every point. */
  readonly sample: readonly (readonly string[])[]
  /** Where it has to have died when it is killed at every point. */
  readonly surely: readonly string[]
  /** After which as the last nothing is ever sent. */
  readonly unsent: readonly string[]
}

const SUITES: readonly Suite[] = [
  {
    what: 'payment',
    wallet: 'sandbox',
    sample: [
      [`${INTENDED}: before`, `${INTENDED}: after`],
      [`${PAY}: after, settled`, 'wallet lookup: after, settled', `${SETTLED}: before`],
    ],
    surely: [`${INTENDED}: before`, `${INTENDED}: after`, `${PAY}: before`, `${PAY}: after, settled`, `${SETTLED}: before`, `${SETTLED}: after`],
    unsent: [`${INTENDED}: after`, `${PAY}: before`],
  },
  {
    what: 'payment',
    wallet: 'spark',
    sample: [[`${SDK}: after`]],
    surely: [`${INTENDED}: before`, `${INTENDED}: after`, `${PAY}: before`, `${SDK}: before`, `${SDK}: after`, `${PAY}: after, settled`, `${SETTLED}: before`, `${SETTLED}: after`],
    unsent: [`${INTENDED}: after`, `${PAY}: before`, `${SDK}: before`],
  },
  {
    what: 'withdrawal',
    wallet: 'spark',
    sample: [[`${INTENDED}: before`], [`${INTENDED}: after`, `${SDK}: after`, `${SETTLED}: before`]],
    surely: [`${INTENDED}: before`, `${INTENDED}: after`, `${SDK}: before`, `${SDK}: after`, `${SETTLED}: before`, `${SETTLED}: after`],
    unsent: [`${INTENDED}: before`],
  },
]

function check({ what, unsent }: Suite, { kills, paid, left, fundsMsat, nowMsat, violations }: PaymentRun): void {
  const isSent = !unsent.includes(kills.at(-1) ?? '')
  expect([kills, paid.map(({ amountMsat }) => amountMsat)]).toEqual([kills, isSent ? [what === 'payment' ? SENT_MSAT : WITHDRAWN_MSAT] : []])
  expect(violations).toEqual([])
  // Pressed again without an intent, a withdrawal has no quote any more.
  expect(left.byHand).toEqual(isSent ? ['settled'] : what === 'payment' ? ['failed'] : [])
  const { wallet, onTheWay } = left.balances
  expect([wallet, onTheWay, left.unexplained]).toEqual([fundsMsat - costOf(paid), undefined, []])
  if (nowMsat !== null) expect(wallet).toBe(nowMsat)
}

describe.each(CRASH_SEEDS)('what is sent by hand survives kill -9 (seed %i)', (seed) => {
  const worlds: PaymentWorld[] = []
  afterAll(async () => {
    for (const world of worlds) await world.end()
  }, PATIENCE_MS)

  it.each(SUITES)('a $what over $wallet', { timeout: SUITE_MS }, async (suite) => {
    const { what, wallet, sample, surely } = suite
    const world = await openPaymentWorld({ what, wallet, seed })
    worlds.push(world)
    const judge = (_: unknown, ran: PaymentRun) => check(suite, ran)
    const isWhole = CRASH_ALL || seed !== 1
    const killed = isWhole ? await killEverywhere(world.run, judge, { checkWhole: (ran) => check(suite, ran), since: `${INTENDED}: before`, oneIn: CRASH_ALL ? 1 : 3, surely, seed }) : await killAt(sample, world.run, judge, true)
    console.log(`${what} over ${wallet}, seed ${seed}: ${describeKilled(killed)}`)
    if (isWhole && seed === 1) expect(killed.points).toEqual(expect.arrayContaining([...surely]))
  })
})
