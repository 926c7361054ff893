/** Carries out what a purchase owes the world: publishes, pays once, looks up, listens. */
import { fail, ok, type Result } from '#shared/market/result.ts'
import { decodeInvoice } from '#shared/protocol/bolt11.ts'
import type { NostrEvent } from '#shared/protocol/event.ts'
import { pause, unlessAborted } from '../pause.ts'
import type { Clock } from '../ports.ts'
import type { DispatchOutcome } from '../reactor.ts'
import { openSeal } from '../sealing/seal.ts'
import { SPENDING_STOPPED, UNLIMITED, type SpendingContext } from '../spending/judgeSpending.ts'
import type { SpendingSubject } from '../spending/readSpending.ts'
import type { Preimages } from '../store/preimages.ts'
import { lookRepeatedly } from '../wallet/lookRepeatedly.ts'
import type { PayOutcome, Wallet, WalletProblemCode } from '../wallet/wallet.ts'
import { createBidGathering } from './bidGathering.ts'
import type { PurchaseDialect } from './dialect.ts'
import { holdInvoices } from './heldInvoices.ts'
import { judgeInvoice, type InvoiceOffer } from './judgeInvoice.ts'
import type { StepClaim } from './judgeStep.ts'
import type { LiveText } from './liveText.ts'
import { lookAt, MAX_ANSWER_CHARACTERS, outgoingOf, type BegunPurchase, type Intent, type LockIntent, type Purchase, type PurchaseEffect, type PurchaseMessage } from './purchase.ts'

export interface PurchaseEffectsOptions {
  readonly clock: Clock
  readonly wallet: Wallet
  readonly preimages: Preimages
  readonly dialectOf: (purchase: BegunPurchase) => PurchaseDialect
  readonly liveText: LiveText
  /** Whether nothing is to be bought of that key: it may answer an open request all the same. */
  readonly isMuted: (pubkey: string) => boolean
  /** How well that key is known: of the bids for an open request, one of the highest is taken, and of those the cheapest. */
  readonly bidderRank: (pubkey: string) => number
  readonly state: (jobId: string) => Purchase
  /** Read inside the transaction that stores the intent. */
  readonly spending: (subject: SpendingSubject) => SpendingContext
  readonly dispatch: (jobId: string, message: PurchaseMessage | (() => PurchaseMessage)) => DispatchOutcome
}

interface HeardInvoice {
  readonly from: string
  readonly event: NostrEvent
  readonly bolt11: string
  readonly index?: number | undefined
  readonly step?: StepClaim | undefined
}

/** Our own reasons not to ask the wallet: of an earlier try they say nothing. */
const NOT_ASKED: ReadonlySet<WalletProblemCode> = new Set(['wallet-unreachable', 'invoice-expired', 'invalid-invoice', 'fee-too-high'])
/** Bidders of one open request that are told that another was chosen. */
const MAX_DECLINES = 20
/** What the kill switch makes of an intent that the wallet has not heard of. */
const STOPPED: PayOutcome = { state: 'failed', problem: { code: 'wallet-refused', message: SPENDING_STOPPED } }
/** A lock is looked at this often at the least, besides the wallet's own hints. */
const MAX_LOOK_MS = 30_000
/** What the store refused is read again from the relays after this. */
const STORE_RETRY_MS = 2_000

export function createPurchaseEffects(options: PurchaseEffectsOptions): (effect: PurchaseEffect, jobId: string, signal: AbortSignal) => Promise<void> {
  const { clock, wallet, dialectOf, liveText, dispatch } = options

  async function pay(jobId: string, intent: Intent, mayHold: boolean, signal: AbortSignal): Promise<void> {
    // On disk before the wallet hears of it: after a crash from here on, the wallet is asked what happened.
    if (!mayAsk(jobId, intent.paymentHash)) return
    const outcome = await askToPay(jobId, intent, mayHold, signal)
    if (outcome !== null) dispatch(jobId, { at: clock.now(), type: 'payAnswered', outcome, paymentHash: intent.paymentHash })
  }

  /** Stores that the wallet is about to be asked; false when it may not be: the kill switch was thrown, or it is not stored. */
  function mayAsk(jobId: string, paymentHash: string): boolean {
    let stopped = false
    const told = dispatch(jobId, () => {
      stopped = isStopped(jobId)
      return stopped ? { at: clock.now(), type: 'payAnswered', outcome: STOPPED, paymentHash } : { at: clock.now(), type: 'payAsked', paymentHash }
    })
    return told === 'changed' && !stopped
  }

  /** The wallet's answer, or null once nobody waits for it. Its hints are heard meanwhile: the answer may be lost. */
  async function askToPay(jobId: string, { bolt11, paymentHash, maxFeeMsat, idempotencyKey }: Intent, mayHold: boolean, signal: AbortSignal): Promise<PayOutcome | null> {
    const forget = wallet.watch((hint) => {
      if (hint.paymentHash === paymentHash) void takeSettled(jobId, paymentHash)
    })
    try {
      return await unlessAborted(wallet.pay({ bolt11, maxFeeMsat, idempotencyKey, mayHold }), signal)
    } finally {
      forget()
    }
  }

  async function takeSettled(jobId: string, paymentHash: string): Promise<void> {
    const found = await wallet.lookup(paymentHash, 'outgoing')
    if (found.ok && found.value?.state === 'settled') dispatch(jobId, { at: clock.now(), type: 'paymentLookedUp', payment: found.value, paymentHash })
  }

  async function lookUp(jobId: string, intent: Intent | LockIntent, mayHold: boolean, signal: AbortSignal): Promise<void> {
    const found = await unlessAborted(wallet.lookup(intent.paymentHash, 'outgoing'), signal)
    if (found === null || !found.ok) return
    const told = dispatch(jobId, { at: clock.now(), type: 'paymentLookedUp', payment: found.value, paymentHash: intent.paymentHash })
    if (told !== 'unchanged' || found.value !== null || clock.now() >= intent.expiresAt * 1_000 || isStopping(jobId) || isStopped(jobId)) return
    // The wallet never heard of it: the same under the same key is the same payment, never a second one.
    const outcome = 'address' in intent ? await unlessAborted(wallet.lock(intent), signal) : await askToPay(jobId, intent, mayHold, signal)
    if (outcome === null || (outcome.state === 'failed' && NOT_ASKED.has(outcome.problem.code))) return
    dispatch(jobId, { at: clock.now(), type: 'payAnswered', outcome, paymentHash: intent.paymentHash })
  }

  /** The kill switch. */
  const isStopped = (jobId: string) => options.spending({ paymentHash: null, jobId, provider: null }).isStopped

  async function lock(jobId: string, intent: LockIntent, signal: AbortSignal): Promise<void> {
    const { paymentHash } = intent
    if (!mayAsk(jobId, paymentHash)) return
    const outcome = await unlessAborted(wallet.lock(intent), signal)
    if (outcome !== null) dispatch(jobId, { at: clock.now(), type: 'payAnswered', outcome, paymentHash })
  }

  /** Asks about what is locked for as long as it is due; the machine says when it knows enough. */
  function followLock(jobId: string, paymentHash: string, signal: AbortSignal): Promise<void> {
    return lookRepeatedly({ wallet, clock }, { paymentHash, direction: 'outgoing', maxMs: MAX_LOOK_MS }, signal, (payment) => {
      dispatch(jobId, { at: clock.now(), type: 'paymentLookedUp', payment, paymentHash })
      return false
    })
  }

  /** Stopped while the wallet was silent: what it never heard of is not brought up again. */
  function isStopping(jobId: string): boolean {
    const purchase = options.state(jobId)
    return purchase.begun && 'stopping' in purchase.phase && Boolean(purchase.phase.stopping)
  }

  function listen(jobId: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      // Of a listener before this one: what it has read is not to be read again.
      liveText.flush(jobId)
      const purchase = options.state(jobId)
      if (!purchase.begun || signal.aborted) {
        resolve()
        return
      }
      const isProvider = (from: string) => {
        const now = options.state(jobId)
        return now.begun && now.provider === from
      }
      const hasResult = () => {
        const now = options.state(jobId)
        return now.begun && (now.hasResult || Boolean(lookAt(now).sealed))
      }
      // Taken up again after a restart, pieces may have been missed, and relays hand out stored ones newest first: then only
      // the result is whole, unless the pieces are counted.
      const isNew = purchase.phase.name === 'asking'
      let isCaughtUp = isNew
      let isWhole = isNew || purchase.text === '' || purchase.frames !== undefined
      let frames: number | undefined
      let characters = purchase.text.length
      const leave = () => {
        bids.close()
        subscription.close()
        signal.removeEventListener('abort', leave)
        resolve()
      }
      const take = (outcome: DispatchOutcome) => {
        if (outcome === 'store-failed') void pause(clock, STORE_RETRY_MS, signal).then(leave)
      }
      const storeText = (from: string, text: string) => {
        const outcome = dispatch(jobId, { at: clock.now(), type: 'textReceived', from, text, ...(frames === undefined ? {} : { frames }) })
        if (outcome !== 'store-failed') return
        // What follows would leave a hole: it is read again from where the stored text ends.
        isWhole = false
        liveText.replace(jobId, purchaseText())
        take(outcome)
      }
      const purchaseText = () => {
        const now = options.state(jobId)
        return now.begun ? now.text : ''
      }
      const dialect = dialectOf(purchase)
      const declined = new Set<string>()
      const decline = (from: string) => {
        const now = options.state(jobId)
        if (!now.begun || now.provider === null || now.provider === from || declined.has(from) || declined.size >= MAX_DECLINES) return
        declined.add(from)
        dialect.decline(now, from)
      }
      const bids = createBidGathering({
        clock,
        untilMs: purchase.askedAt + purchase.request.invoiceTimeoutMs,
        rank: options.bidderRank,
        onGathered(gathered) {
          for (const { from, event, bolt11 } of gathered) {
            const outcome = receiveInvoice(jobId, { from, event, bolt11 })
            take(outcome)
            // Not taken: it is over a limit, or was used before. The next one may do.
            if (outcome !== 'unchanged') break
          }
          for (const { from } of gathered) decline(from)
        },
      })
      const isMetered = purchase.request.settlement?.name === 'metered'
      const held = holdInvoices<HeardInvoice>(clock, signal, (heard) => {
        // What came is judged, stored or not.
        liveText.flush(jobId)
        const outcome = receiveInvoice(jobId, heard)
        take(outcome)
        return outcome !== 'unchanged' || !mayStillPay(jobId, heard.bolt11)
      })
      const subscription = dialect.listen(purchase, {
        onInvoice(from, event, bolt11, index, step) {
          const { request } = purchase
          if (isMetered) return held.take({ from, event, bolt11, index, step })
          if (request.provider !== null) return take(receiveInvoice(jobId, { from, event, bolt11, index }))
          if (options.isMuted(from)) return
          const now = options.state(jobId)
          if (now.begun && now.phase.name !== 'asking') return decline(from)
          // A bid that breaks the agreement is not gathered; limits are looked at when one is taken, in the transaction that stores it.
          const acceptable = judgeInvoice(readInvoice(bolt11), { ...request, nowSecs: Math.floor(clock.now() / 1_000) }, UNLIMITED)
          if (acceptable.ok) bids.add({ from, event, bolt11, amountMsat: acceptable.value.amountMsat })
        },
        onText(from, text, upTo) {
          if (!isProvider(from) || hasResult()) return
          isWhole &&= isCaughtUp || upTo !== undefined
          characters += text.length
          if (!isWhole || characters > MAX_ANSWER_CHARACTERS) return
          frames = upTo
          liveText.add(jobId, text, (gathered) => storeText(from, gathered))
          held.nudge()
        },
        onResult: (from, event, answer) => take(dispatch(jobId, { at: clock.now(), type: 'resultReceived', from, eventId: event.id, raw: JSON.stringify(event), ...answer })),
        onSealed: (from, event, goods) => take(dispatch(jobId, { at: clock.now(), type: 'sealedReceived', from, eventId: event.id, raw: JSON.stringify(event), goods })),
        onVeiled(from, bytes) {
          if (isProvider(from) && !hasResult()) liveText.veil(jobId, bytes)
        },
        onRefusal: (from, event, reason) => take(dispatch(jobId, { at: clock.now(), type: 'refusalReceived', from, eventId: event.id, reason })),
        onPause(from, event, reason) {
          if (isMetered) take(dispatch(jobId, { at: clock.now(), type: 'refusalReceived', from, eventId: event.id, reason, isPause: true }))
        },
        onCaughtUp() {
          isCaughtUp = true
        },
      })
      signal.addEventListener('abort', leave, { once: true })
    })
  }

  /** Whether an invoice that did nothing may do something later. */
  function mayStillPay(jobId: string, bolt11: string): boolean {
    const purchase = options.state(jobId)
    const invoice = readInvoice(bolt11)
    if (!purchase.begun || !invoice.ok) return false
    const { paymentHashes, isListening } = lookAt(purchase)
    return isListening && !paymentHashes.includes(invoice.value.paymentHash)
  }

  function receiveInvoice(jobId: string, { from, event, bolt11, index, step }: HeardInvoice): DispatchOutcome {
    const invoice = readInvoice(bolt11)
    return dispatch(jobId, () => ({
      at: clock.now(),
      type: 'invoiceReceived',
      from,
      eventId: event.id,
      raw: JSON.stringify(event),
      invoice,
      ...(index === undefined ? {} : { index }),
      ...(step === undefined ? {} : { step }),
      context: options.spending({ paymentHash: invoice.ok ? invoice.value.paymentHash : null, jobId, provider: from }),
    }))
  }

  return async (effect, jobId, signal) => {
    switch (effect.type) {
      case 'send': {
        const purchase = options.state(jobId)
        if (!purchase.begun) return
        const outgoing = outgoingOf(purchase, effect.what)
        if (outgoing === null) return
        const preimage = outgoing.what === 'release' ? options.preimages.find(outgoing.paymentHash) : null
        const delivery = await unlessAborted(dialectOf(purchase).send(outgoing, purchase, preimage), signal)
        if (delivery !== null) dispatch(jobId, { at: clock.now(), type: 'sent', what: effect.what, delivery })
        return
      }
      case 'pay':
        return pay(jobId, effect.intent, effect.mayHold === true, signal)
      case 'lookUp':
        return lookUp(jobId, effect.intent, effect.mayHold === true, signal)
      case 'lock':
        return effect.asked ? lookUp(jobId, effect.intent, true, signal) : lock(jobId, effect.intent, signal)
      case 'followLock':
        return followLock(jobId, effect.paymentHash, signal)
      case 'open':
        dispatch(jobId, { at: clock.now(), type: 'opened', text: openSeal(effect.goods, effect.preimage) })
        return
      case 'listen':
        return listen(jobId, signal)
      case 'wake':
        return
    }
  }
}

function readInvoice(bolt11: string): Result<InvoiceOffer> {
  const decoded = decodeInvoice(bolt11)
  if (!decoded.ok) return fail(decoded.error.code, decoded.error.message)
  const { amountMsat, network, paymentHash, expiresAt, description, minFinalCltvExpiry } = decoded.value
  return ok({ bolt11, amountMsat, network, paymentHash, expiresAt, description, holdBlocks: minFinalCltvExpiry })
}
