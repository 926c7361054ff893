/** Souks in processes of their own whose person sends money by hand, killed at chosen points and started again. Each has a wallet of its own. */
import { sats } from '#shared/market/msat.ts'
import { openMarket } from '../market.ts'
import { useSandboxMoney, useSparkMoney, type CrashMoney, type CrashWallet, type Paid } from './crashMoney.ts'
import type { Survival } from './killEverywhere.ts'
import { readLeftBehind, type LeftBehind } from './leftBehind.ts'
import { measureStart, outlive, settled } from './outlive.ts'
import type { Plan } from './plan.ts'
import { startSouk, type SoukProcess } from './startSouk.ts'

export const SENT_MSAT = sats(20)
const EXPIRY_SECS = 120
/** Later than an invoice and its grace, and no later than a relay and a mint take messages from the future. */
const LATER_MS = 280_000

export interface PaymentRun extends Survival {
  readonly kills: readonly string[]
  /** What really left its wallet. */
  readonly paid: readonly Paid[]
  readonly left: LeftBehind
  readonly fundsMsat: number
  /** What is in its wallet, where that is known without its word. */
  readonly nowMsat: number | null
  readonly violations: readonly string[]
}

export interface PaymentWorld {
  run(kills: readonly string[]): Promise<PaymentRun>
  end(): Promise<void>
}

export async function openPaymentWorld({ what, wallet, seed }: { readonly what: NonNullable<Plan['send']>['what']; readonly wallet: CrashWallet; readonly seed: number }): Promise<PaymentWorld> {
  const market = await openMarket()
  const money: CrashMoney = wallet === 'spark' ? await useSparkMoney(seed) : useSandboxMoney(market)
  const payee = await market.open('payee', money.options)
  await money.enter(payee, 'payee')
  const processes = new Set<SoukProcess>()
  let names = 0

  async function choose(name: string): Promise<NonNullable<Plan['send']>> {
    if (what === 'withdrawal') return { what, quoteId: null }
    const invoice = await payee.account.receive(SENT_MSAT, name, EXPIRY_SECS)
    if (!invoice.ok) throw new Error(invoice.error.message)
    return { what, bolt11: invoice.value.bolt11 }
  }

  async function run(kills: readonly string[]): Promise<PaymentRun> {
    const name = `payer${names++}`
    let send = await choose(name)
    const begin = (killAt: string | null, laterMs = 0): SoukProcess => {
      const souk = startSouk({ role: 'customer', killAt, ask: null, send, laterMs, ...money.plan(name), dataFolder: market.dataFolder(name), sandboxFolder: market.sandboxFolder, settlement: 'prepay' })
      processes.add(souk)
      void souk.killed.then(() => processes.delete(souk), () => processes.delete(souk))
      // The page of a browser still has the quote when its Souk is gone.
      void souk.hear((report) => (report.type === 'quoted' ? report.quoteId : null), 'a quote').then((quoteId) => (send = { what: 'withdrawal', quoteId }), () => {})
      return souk
    }
    const outlived = await outlive(kills, (killAt) => begin(killAt))
    let { last, measure } = outlived
    const answer = await last.hear((report) => (report.type === 'pressed' ? report.answer : null), 'what came of it')
    // The wallet never heard of it: that is known once its invoice cannot be paid any more.
    if (what === 'payment' && answer === 'unknown' && money.paid(name, name, 'outgoing').length === 0) {
      await last.stop()
      last = begin(null, LATER_MS)
      measure = measureStart(last)
    }
    await settled(last)
    const times = await measure()
    await last.stop()
    const left = readLeftBehind(market.dataFolder(name), 'customer')
    return {
      kills: kills.slice(0, outlived.deaths), deaths: outlived.deaths, points: outlived.points(), ...times,
      paid: money.paid(name, name, 'outgoing'), left, fundsMsat: money.fundsMsat, nowMsat: money.balance(name)?.nowMsat ?? null, violations: money.violations(),
    }
  }

  return {
    run,
    async end() {
      for (const souk of processes) await souk.kill()
      await market.end()
      await money.end()
    },
  }
}
