/**
 * A Spark of its own in one process: wallets that share a ledger, each through the real adapter and the real messages to the
 * worker. An engine gets it by `EnginePorts.startSparkThread` and a wallet of kind `spark`.
 */
import { createHash } from 'node:crypto'
import { createPhrase } from '../../../nostr/phrase.ts'
import type { Clock, Log } from '../../../ports.ts'
import { createSparkWallet, type SparkWallet } from '../spark.ts'
import type { PaymentDirection } from '../../wallet.ts'
import type { LoadedSdk } from '../sdk.ts'
import type { SparkTimeouts } from '../sparkClient.ts'
import type { StartSparkThread } from '../thread.ts'
import { startInProcessThread } from './inProcessThread.ts'
import { createStandInLedger, type StandInAccount, type StandInAudit } from './standInLedger.ts'
import { createStandInSdk, createTemper, type BadInvoice, type StandInFault, type StandInMethod, type StandInTemper } from './standInSdk.ts'

export interface StandInHandle {
  /** What others lock money at. */
  readonly address: string
  fund(amountSats: number): void
  /** Puts money on the chain, to be claimed. */
  deposit(txid: string, amountSats: number): void
  setOnline(isOnline: boolean): void
  /** The next calls of that name go wrong in that way, one after the other. */
  fault(method: StandInMethod, ...faults: readonly StandInFault[]): void
  nextInvoice(bad: BadInvoice): void
  nextSend(how: 'pending' | 'denied'): void
  setSlowClaims(slow: boolean): void
  setNoisy(isNoisy: boolean): void
  /** Its program is killed from now on before its storage is written: only the next sync tells it again. */
  setForgetful(isForgetful: boolean): void
  /** Its program was killed. */
  breakOff(): void
  /** What has settled, from it or to it. */
  settled(direction: PaymentDirection): readonly { readonly amountSats: number; readonly feeSats: number }[]
  balanceSats(): number
  /** Every call that its SDK has had. */
  calls(): readonly StandInMethod[]
}

export interface StandInWalletOptions {
  readonly clock: Clock
  /** Where the adapter keeps its own notes; the same name and folder again is the same wallet after a restart. */
  readonly folder: string
  readonly log?: Log
  readonly timeouts?: Partial<SparkTimeouts>
}

export interface StandInSpark {
  readonly startThread: StartSparkThread
  /** Its SDK; `crash`: what an exception outside every promise does. */
  load(crash: (error: Error) => void): LoadedSdk
  /** The wallet of that name, through the adapter. Each call is another program with the same phrase. */
  wallet(name: string, options: StandInWalletOptions): SparkWallet
  /** The other end of a wallet: its money, its network and its faults. */
  of(name: string): StandInHandle
  /** The same by the phrase that an engine's keyring holds. */
  ofPhrase(phrase: string, name?: string): StandInHandle
  /** The operators' time goes ahead of the clock by so much more; locks expire and return by it. */
  advance(ms: number): void
  /** Ends a Lightning payment that stayed pending. */
  settlePending(paymentHash: string, how: 'paid' | 'failed'): void
  audit(): StandInAudit
}

export function createStandInSpark({ clock }: { readonly clock: Clock }): StandInSpark {
  const ledger = createStandInLedger(clock)
  const tempers = new Map<string, StandInTemper>()
  const temperOf = (account: StandInAccount) => {
    const known = tempers.get(account.identity)
    if (known !== undefined) return known
    const temper = createTemper()
    tempers.set(account.identity, temper)
    return temper
  }
  const load = (crash: (error: Error) => void) => createStandInSdk({ ledger, temperOf }, crash)
  const startThread = startInProcessThread(load)

  function handle(account: StandInAccount): StandInHandle {
    const temper = temperOf(account)
    return {
      address: account.address,
      fund: (amountSats) => ledger.fund(account, amountSats),
      deposit(txid, amountSats) {
        const deposit = { txid, vout: 0, amountSats, isMature: true }
        account.deposits.set(`${txid}:0`, deposit)
        for (const listener of temper.sessions) listener({ type: 'newDeposits', newDeposits: [deposit] })
      },
      setOnline: (isOnline) => void (temper.isOnline = isOnline),
      fault: (method, ...faults) => void temper.faults.set(method, [...(temper.faults.get(method) ?? []), ...faults]),
      nextInvoice: (bad) => void (temper.nextInvoice = bad),
      nextSend: (how) => void (temper.nextSend = how),
      setSlowClaims: (slow) => void (temper.slowClaims = slow),
      setNoisy: (isNoisy) => void (temper.isNoisy = isNoisy),
      setForgetful: (isForgetful) => void (temper.isForgetful = isForgetful),
      breakOff() {
        if (!temper.isForgetful) return
        temper.stored.clear()
        temper.knownBalanceSats = 0
      },
      settled: (direction) => [...ledger.transfers.values()].filter(({ state, from, to }) => state === 'completed' && (direction === 'outgoing' ? from : to) === account),
      balanceSats: () => account.balanceSats,
      calls: () => [...temper.calls],
    }
  }

  return {
    startThread,
    load,
    wallet(name, { log = () => {}, ...options }) {
      const phrase = phraseOf(name)
      ledger.account(phrase, name)
      const made = createSparkWallet({ network: 'regtest', phrase, log, startThread, ...options })
      if (!made.ok) throw new Error(made.error.message)
      return made.value
    },
    of: (name) => handle(ledger.account(phraseOf(name), name)),
    ofPhrase: (phrase, name) => handle(ledger.account(phrase, name)),
    advance: (ms) => ledger.advance(ms),
    settlePending(paymentHash, how) {
      const pending = [...ledger.transfers.values()].find((transfer) => transfer.paymentHash === paymentHash && transfer.state === 'waiting')
      const preimage = ledger.invoices.get(paymentHash)?.preimage ?? null
      if (pending === undefined) throw new Error('nothing is pending under this hash')
      if (how === 'failed') ledger.fail(pending, 'failed')
      else ledger.complete(pending, preimage)
    },
    audit: () => ledger.audit(),
  }
}

function phraseOf(name: string): string {
  return createPhrase({ bytes: (length) => createHash('sha512').update(`stand-in ${name}`).digest().subarray(0, length) })
}
