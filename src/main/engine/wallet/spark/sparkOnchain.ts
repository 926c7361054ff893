import { sats } from '#shared/market/msat.ts'
import { fail, ok, type Result } from '#shared/market/result.ts'
import { misbehaved } from '../nwcProblems.ts'
import type { Onchain, WithdrawalQuote, WithdrawOutcome, WithdrawRequest } from '../onchain.ts'
import type { WalletProblem } from '../wallet.ts'
import type { SparkPayment } from './protocol.ts'
import type { SdkConnection } from './sdk.ts'
import type { SparkClient, SparkReply } from './sparkClient.ts'
import { msatOf, wholeSats } from './sparkPayment.ts'
import { describeFailure, saysNothingSent, UNREACHABLE } from './sparkProblems.ts'
import { stale, UNREADABLE, type SparkRecords } from './sparkRecords.ts'
import { uuidOf } from './uuid.ts'

/** A prepared withdrawal that the worker keeps, with its fees. */
type Quoted = Pick<WithdrawalQuote, 'feesMsat' | 'expiresAt'> & { readonly quoteId: number }

const NOT_THERE: WalletProblem = { code: 'payment-failed', message: 'Spark knows of no such withdrawal yet.' }
const FAUCET_URL = 'https://app.lightspark.com/regtest-faucet'
/** The first implementation's threshold. */
const FAUCET_BELOW = sats(100)

export function createSparkOnchain({ client, records, network }: { readonly client: SparkClient; readonly records: SparkRecords; readonly network: SdkConnection['network'] }): Onchain {
  const underway = new Map<string, Promise<WithdrawOutcome>>()
  /** Keys that the SDK has had: of those an unreachable wallet can say nothing. */
  const asked = new Set<string>()

  async function whenReady<T>(ask: () => Promise<SparkReply<T>>): Promise<Result<T, WalletProblem>> {
    if (!(await records.isReady())) return stale()
    const reply = await ask()
    return reply.kind === 'result' ? ok(reply.value) : { ok: false, error: describeFailure(reply) }
  }

  async function quote(address: string, amountMsat: WithdrawRequest['amountMsat']): Promise<Result<Quoted, WalletProblem>> {
    const whole = wholeSats(amountMsat, 'The amount to send')
    if (!whole.ok) return whole
    const parsed = await client.call('parse', { input: address })
    if (parsed.kind !== 'result') return { ok: false, error: describeFailure(parsed) }
    const isHere = parsed.value.type === 'bitcoinAddress' && parsed.value.network === (network === 'mainnet' ? 'bitcoin' : network)
    if (!isHere) return fail('wallet-refused', `This is no Bitcoin address on ${network}. Check it, and the network of the wallet that it is from.`)
    const prepared = await whenReady(() => client.call('prepare', { input: address, amountSats: BigInt(whole.value) }))
    if (!prepared.ok) return prepared
    const { onchain, quoteId } = prepared.value
    if (onchain === null || prepared.value.amountSats !== BigInt(whole.value)) return misbehaved('Spark prepared another payment than it was asked for. Nothing was sent.')
    const [fast, medium, slow] = [msatOf(onchain.fastSats), msatOf(onchain.mediumSats), msatOf(onchain.slowSats)]
    if (fast === null || medium === null || slow === null) return misbehaved('Spark names a fee that cannot be. Nothing was sent.')
    return ok({ quoteId, feesMsat: { fast, medium, slow }, expiresAt: onchain.expiresAt })
  }

  /** A withdrawal has no payment hash: it goes by its id. */
  async function findById(id: string): Promise<Result<SparkPayment | null, WalletProblem>> {
    const reply = await client.call('list', { type: 'send', onlyWaitingLocks: false, limit: 1_000, offset: 0 })
    if (reply.kind !== 'result') return { ok: false, error: describeFailure(reply) }
    const found = reply.value.payments.find((payment) => payment.id === id)
    return found === undefined && reply.value.unreadable > 0 ? UNREADABLE : ok(found ?? null)
  }

  async function withdraw({ address, amountMsat, speed, maxFeeMsat, onlyLook = false }: WithdrawRequest, id: string): Promise<WithdrawOutcome> {
    const notAsked = (problem: WalletProblem): WithdrawOutcome => ({ state: asked.has(id) ? 'unknown' : 'failed', problem })
    if (!(await records.refresh())) return notAsked(UNREACHABLE)
    const known = await findById(id)
    // Records that cannot be read do not say that it was never sent.
    if (!known.ok) return { state: 'unknown', problem: known.error }
    if (known.value !== null) return outcomeOf(known.value)
    if (onlyLook) return { state: 'unknown', problem: NOT_THERE }
    const quoted = await quote(address, amountMsat)
    if (!quoted.ok) return notAsked(quoted.error)
    const feeMsat = quoted.value.feesMsat[speed]
    if (feeMsat > maxFeeMsat) return notAsked({ code: 'fee-too-high', message: `Sending costs ${feeMsat} msat now, above the ${maxFeeMsat} that were agreed to. Ask for the fee again.` })
    asked.add(id)
    const sent = await client.call('send', { quoteId: quoted.value.quoteId, idempotencyKey: id, options: { kind: 'bitcoinAddress', speed } })
    if (sent.kind === 'result') return outcomeOf(sent.value.payment)
    const isFresh = await records.refresh()
    const found = await findById(id)
    if (found.ok && found.value !== null) return outcomeOf(found.value)
    return { state: isFresh && found.ok && saysNothingSent(sent) ? 'failed' : 'unknown', problem: describeFailure(sent) }
  }

  return {
    async depositAddress() {
      const reply = await whenReady(() => client.call('depositAddress', {}))
      return reply.ok ? ok(reply.value.address) : reply
    },
    async deposits() {
      if (!(await records.refresh())) return stale()
      const reply = await whenReady(() => client.call('deposits', {}))
      if (!reply.ok) return reply
      return ok(
        reply.value.deposits.flatMap(({ txId, vout, amountSats, isMature, requiredFeeSats, problem }) => {
          const amountMsat = msatOf(amountSats)
          return amountMsat === null ? [] : [{ txId, vout, amountMsat, isMature, claimFeeMsat: requiredFeeSats === null ? null : msatOf(requiredFeeSats), problem }]
        }),
      )
    },
    watchDeposits: (listener) => client.watch((event) => event.type === 'deposits' && listener()),
    async quoteClaim({ txId, vout }) {
      if (!(await records.isReady())) return stale()
      // There is no call for it: a claim at no fee is refused with the fee that it takes.
      const reply = await client.call('claimDeposit', { txId, vout, maxFeeSats: 0 })
      if (reply.kind === 'result') return ok({ feeMsat: msatOf(reply.value.payment.feeSats) ?? sats(0) })
      const required = reply.kind === 'error' && reply.error.code === 'deposit-fee' ? reply.error.requiredFeeSats : null
      const feeMsat = required === null ? null : msatOf(required)
      return feeMsat === null ? { ok: false, error: describeFailure(reply) } : ok({ feeMsat })
    },
    async claim({ txId, vout }, maxFeeMsat) {
      const reply = await whenReady(() => client.call('claimDeposit', { txId, vout, maxFeeSats: Math.floor(maxFeeMsat / 1_000) }))
      if (!reply.ok) return reply
      const amountMsat = msatOf(reply.value.payment.amountSats)
      const feeMsat = msatOf(reply.value.payment.feeSats)
      return amountMsat === null || feeMsat === null ? fail('wallet-misbehaved', 'Spark claimed an amount that cannot be.') : ok({ amountMsat, feeMsat })
    },
    async quoteWithdrawal({ address, amountMsat }) {
      const quoted = await quote(address, amountMsat)
      if (!quoted.ok) return quoted
      const { feesMsat, expiresAt } = quoted.value
      return ok({ address, amountMsat, feesMsat, expiresAt })
    },
    withdraw(request) {
      const id = uuidOf(request.idempotencyKey)
      const before = underway.get(id)
      if (before !== undefined) return before
      const now = withdraw(request, id).finally(() => underway.delete(id))
      underway.set(id, now)
      return now
    },
    async lightningAddress() {
      const reply = await whenReady(() => client.call('lightningAddress', {}))
      return reply.ok ? ok(reply.value.address) : reply
    },
    faucetUrl: (balanceMsat) => (network === 'regtest' && balanceMsat < FAUCET_BELOW ? FAUCET_URL : null),
  }
}

function outcomeOf({ status, txId, feeSats }: SparkPayment): WithdrawOutcome {
  const feeMsat = msatOf(feeSats)
  if (status === 'failed') return { state: 'failed', problem: { code: 'payment-failed', message: 'The withdrawal failed; nothing was spent.' } }
  if (feeMsat === null) return { state: 'unknown', problem: { code: 'wallet-misbehaved', message: 'Spark names a fee that cannot be.' } }
  return { state: 'sent', txId, feeMsat }
}
