/** Where the money of a crash test is: the sandbox's mint, or a Spark of the test's own. Both outlive the processes that are killed, and know what was really paid. */
import { createHash } from 'node:crypto'
import { sats } from '#shared/market/msat.ts'
import type { Engine } from '../../engine.ts'
import { PLAY_MONEY } from '../../sandbox/mint/ledger.ts'
import type { PaymentDirection } from '../../wallet/wallet.ts'
import { serveStandInSpark } from '../../wallet/spark/testing/standInServer.ts'
import { createStandInSpark, type StandInHandle } from '../../wallet/spark/testing/standInSpark.ts'
import type { EngineOptions, Market } from '../market.ts'
import { nodeClock } from '../nodePorts.ts'
import { seededNumbers } from '../seededNumbers.ts'
import type { Plan } from './plan.ts'

export type CrashWallet = 'sandbox' | 'spark'

export interface Paid {
  readonly amountMsat: number
  readonly feeMsat: number
}

export interface CrashMoney {
  /** What an engine of this process needs to have its wallet there. */
  readonly options: Pick<EngineOptions, 'config' | 'ports'>
  /** Gives that engine its money. */
  enter(engine: Engine, name: string): Promise<void>
  /** What a process of that name needs. */
  plan(name: string): Pick<Plan, 'spark'>
  /** What a wallet begins with. */
  readonly fundsMsat: number
  /** What really was paid by, or to, the process of that name: over the sandbox's mint under that description, over Spark all. */
  paid(description: string, name: string, direction: PaymentDirection): readonly Paid[]
  /** What the wallet of that name began with, and what is in it; null where only the sum of all is known. */
  balance(name: string): { readonly beganMsat: number; readonly nowMsat: number } | null
  /** What must not be: sats from nowhere, two settlements under one hash. */
  violations(): readonly string[]
  end(): Promise<void>
}

const FUNDS_SATS = 10_000

export function useSandboxMoney(market: Market): CrashMoney {
  return {
    options: {},
    enter: () => Promise.resolve(),
    plan: () => ({}),
    fundsMsat: PLAY_MONEY,
    paid: (description) => market.settledUnder(description),
    balance: () => null,
    violations: () => (market.audit().balanced ? [] : ['the mint’s books do not balance']),
    end: () => Promise.resolve(),
  }
}

/** Each wallet has a temper of its own, by its name and the seed: events twice and late, claims that take another sync, a storage that a kill empties. */
export async function useSparkMoney(seed: number): Promise<CrashMoney> {
  const spark = createStandInSpark({ clock: nodeClock })
  const accounts = new Map<string, StandInHandle>()
  const greet = (account: StandInHandle, name: string) => {
    if (accounts.has(name)) return
    accounts.set(name, account)
    const next = seededNumbers(createHash('sha256').update(`${seed} ${name}`).digest().readInt32BE())
    account.setNoisy(next() < 0.5)
    account.setSlowClaims(next() < 0.5)
    account.setForgetful(next() < 0.5)
    account.fund(FUNDS_SATS)
  }
  const server = await serveStandInSpark(spark, greet)
  return {
    options: { config: { wallet: { kind: 'spark', network: 'regtest' } }, ports: { startSparkThread: spark.startThread } },
    async enter(engine, name) {
      greet(spark.ofPhrase(await engine.keyring.revealPhrase(), name), name)
      await engine.account.refresh()
    },
    plan: (name) => ({ spark: { port: server.port, name } }),
    fundsMsat: sats(FUNDS_SATS),
    paid: (_, name, direction) => (accounts.get(name)?.settled(direction) ?? []).map(({ amountSats, feeSats }) => ({ amountMsat: sats(amountSats), feeMsat: sats(feeSats) })),
    balance: (name) => ({ beganMsat: sats(FUNDS_SATS), nowMsat: sats(accounts.get(name)?.balanceSats() ?? 0) }),
    violations: () => spark.audit().violations,
    end: () => server.close(),
  }
}
