/**
 * For a person with a network: two wallets on Spark's own regtest, with play money, through every step that no test here can
 * take. `node src/main/engine/wallet/spark/testing/live.ts FOLDER` (docs/money.md, Spark). The folder keeps their phrases.
 */
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sats, ZERO_MSAT } from '#shared/market/msat.ts'
import type { Result } from '#shared/market/result.ts'
import { createPhrase } from '../../../nostr/phrase.ts'
import { pause } from '../../../pause.ts'
import { nodeClock, nodeRandom } from '../../../testing/nodePorts.ts'
import type { Payment, PaymentDirection } from '../../wallet.ts'
import { createSparkWallet, type SparkWallet } from '../spark.ts'

const [folder] = process.argv.slice(2)
if (folder === undefined) throw new Error('Name a folder: node src/main/engine/wallet/spark/testing/live.ts FOLDER')

const say = (step: string, seen: unknown) => console.log(`${new Date().toISOString().slice(11, 19)}  ${step.padEnd(44)} ${typeof seen === 'string' ? seen : JSON.stringify(seen)}`)
/** How often is looked again where no push comes: Spark promises none. */
const LOOK_AGAIN_MS = 2_000
const never = new AbortController().signal

function open(name: string): SparkWallet {
  const path = join(folder ?? '', `${name}.phrase`)
  mkdirSync(folder ?? '', { recursive: true })
  if (!existsSync(path)) writeFileSync(path, createPhrase(nodeRandom), { mode: 0o600 })
  const made = createSparkWallet({ network: 'regtest', phrase: readFileSync(path, 'utf8'), folder: join(folder ?? '', name), clock: nodeClock, log: (_, text, fields) => say(`log of ${name}`, `${text} ${JSON.stringify(fields ?? {})}`) })
  return valueOf(made)
}

function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.error.message)
  return result.value
}

/** Without what is secret until it is settled. */
const show = ({ state, amountMsat, feeMsat, heldUntil, preimage }: Payment) => ({ state, amountMsat, feeMsat, heldUntil, preimage: preimage === null ? null : 'there' })

async function until(who: string, wallet: SparkWallet, hash: string, direction: PaymentDirection, state: Payment['state'], mostMs = 120_000): Promise<void> {
  const startedAt = Date.now()
  for (;;) {
    const found = await wallet.lookup(hash, direction)
    const isThere = found.ok && found.value?.state === state
    if (isThere || Date.now() - startedAt > mostMs) return say(`${who} looks, after ${Date.now() - startedAt} ms`, found.ok ? (found.value === null ? 'nothing' : show(found.value)) : found.error.message)
    await pause(nodeClock, LOOK_AGAIN_MS, never, (wake) => wallet.watch((hint) => hint.paymentHash === hash && wake()))
  }
}

/** A preimage and its hash. */
function createLock() {
  const preimage = randomBytes(32)
  return { preimage: preimage.toString('hex'), hash: createHash('sha256').update(preimage).digest('hex') }
}

async function fund(alice: SparkWallet): Promise<boolean> {
  for (const deposit of valueOf(await alice.onchain.deposits())) {
    const fee = valueOf(await alice.onchain.quoteClaim(deposit))
    say('a deposit, and what claiming it costs', { ...deposit, ...fee })
    if (deposit.isMature) say('it is claimed', await alice.onchain.claim(deposit, fee.feeMsat))
  }
  const balance = valueOf(await alice.balance())
  say('alice has, in msat', String(balance))
  const faucet = alice.onchain.faucetUrl(balance)
  if (faucet === null) return true
  say('too little', `Send 10,000 sats from ${faucet} to ${valueOf(await alice.onchain.depositAddress())}, wait until they are confirmed, and run this again.`)
  return false
}

async function trade(alice: SparkWallet, bob: SparkWallet): Promise<void> {
  const invoice = valueOf(await bob.createInvoice({ amountMsat: sats(10), description: 'plain', expirySecs: 600 }))
  const request = { bolt11: invoice.bolt11, maxFeeMsat: sats(10), idempotencyKey: randomUUID() }
  const brief = ({ state }: { readonly state: string }) => state
  say('alice pays an invoice', brief(await alice.pay(request)))
  say('and again, under the same key', brief(await alice.pay(request)))
  await until('bob', bob, invoice.paymentHash, 'incoming', 'settled')

  const held = createLock()
  const hold = valueOf(await bob.createHoldInvoice({ amountMsat: sats(10), description: 'held', expirySecs: 600, holdSecs: 360, paymentHash: held.hash }))
  say('alice pays a hold invoice', brief(await alice.pay({ bolt11: hold.bolt11, maxFeeMsat: sats(10), idempotencyKey: randomUUID(), mayHold: true })))
  await until('bob', bob, held.hash, 'incoming', 'held')
  say('bob claims it', await bob.settleHold(held.preimage))
  say('and again', await bob.settleHold(held.preimage))
  await until('bob', bob, held.hash, 'incoming', 'settled')
  await until('alice', alice, held.hash, 'outgoing', 'settled')

  const address = valueOf(await bob.info()).lockAddress ?? ''
  const locked = createLock()
  const lock = { address, paymentHash: locked.hash, amountMsat: sats(10), maxFeeMsat: ZERO_MSAT, expirySecs: 600, idempotencyKey: randomUUID() }
  say('alice locks', brief(await alice.lock(lock)))
  await until('bob', bob, locked.hash, 'incoming', 'held')
  say('bob claims it', await bob.settleHold(locked.preimage))
  say('and again', await bob.settleHold(locked.preimage))
  await until('bob', bob, locked.hash, 'incoming', 'settled')
  await until('alice', alice, locked.hash, 'outgoing', 'settled')

  const lost = createLock()
  say('alice locks for a minute', brief(await alice.lock({ ...lock, paymentHash: lost.hash, expirySecs: 60, idempotencyKey: randomUUID() })))
  await until('alice', alice, lost.hash, 'outgoing', 'failed', 600_000)
  say('balances, in msat', { alice: valueOf(await alice.balance()), bob: valueOf(await bob.balance()) })
}

const alice = open('alice')
const bob = open('bob')
try {
  const startedAt = Date.now()
  say('alice', await alice.info())
  say('bob', await bob.info())
  say('both asked, ms', String(Date.now() - startedAt))
  if (await fund(alice)) await trade(alice, bob)
} catch (error) {
  say('it ends here', error instanceof Error ? error.message : String(error))
  process.exitCode = 1
} finally {
  await Promise.all([alice.close(), bob.close()])
}
