/**
 * Both machines of a metered job and nothing else: a wire, two wallets and a model that are arrays. What is due is done when a test
 * says so, in whatever order it chooses; either side may lose everything but its journal at any moment.
 */
import { ZERO_MSAT, type Msat } from '#shared/market/msat.ts'
import { ok } from '#shared/market/result.ts'
import { mostPromptTokens, priceOfTokens } from '#shared/market/tariff.ts'
import { describePurchase } from '../customer/purchaseView.ts'
import { lookAt as lookAtPurchase, outgoingOf as purchaseOutgoing, purchaseMachine, type Purchase, type PurchaseEffect, type PurchaseEvent, type PurchaseMessage } from '../customer/purchase.ts'
import { replay } from '../machine.ts'
import { describeSale } from '../provider/saleView.ts'
import { lookAt as lookAtSale, meterOf, outgoingOf as saleOutgoing, saleMachine, type Sale, type SaleEffect, type SaleEvent, type SaleMessage } from '../provider/sale.ts'
import { UNLIMITED } from '../spending/judgeSpending.ts'
import { DUEL_PROMPT, DUEL_START, DUEL_TARIFF, purchaseRequest, saleRequest, SELLER, tokenOf, type Figures } from './meteredDuelJob.ts'
import { createDuelWallet, type WalletMood } from './meteredDuelWallet.ts'

const delivery = { eventId: 'f'.repeat(64), raw: '{}', verdicts: [] }

export interface DuelOptions {
  /** Tokens of the whole answer. */
  readonly answerTokens: number
  readonly budgetMsat?: Msat
  /** What the customer's wallet makes of its payment of that index; left out: it pays. */
  readonly wallet?: (index: number) => WalletMood
}

export interface Duel {
  /** What could be done next, by name. */
  possible(): readonly string[]
  do(name: string): void
  /** Does whatever is possible until nothing is, and then lets time pass, until both have ended. Returns how often the stream paused. */
  finish(): number
  stop(): void
  cancelSale(): void
  crash(side: 'customer' | 'provider'): void
  readonly figures: () => Figures
}

export function openDuel({ answerTokens, budgetMsat = purchaseRequest.budgetMsat, wallet = () => 'pays' }: DuelOptions): Duel {
  let at = DUEL_START
  const sold: SaleEvent[] = []
  const bought: PurchaseEvent[] = []
  let sale: Sale = saleMachine.initial
  let purchase: Purchase = purchaseMachine.initial
  /** On their way to the customer, and to the seller. */
  const toCustomer: (() => PurchaseMessage)[] = []
  const toSeller: SaleMessage[] = []
  const offers = new Map<string, () => PurchaseMessage>()
  const wallets = createDuelWallet(wallet)
  let invoices = 0
  /** Of the run that is in memory; null: none. */
  let run: { pieces: string[] } | null = null
  let streamed: string[] = []
  let streams = true
  /** What the customer has read, and not on disk. */
  let unstored = ''

  const tellSale = (message: SaleMessage) => {
    const events = saleMachine.decide(sale, message)
    sold.push(...events)
    sale = events.reduce((state, event) => saleMachine.evolve(state, event), sale)
    if (sale.begun) describeSale(sale.request.jobId, sale)
    return events.length > 0
  }
  const tellPurchase = (message: PurchaseMessage) => {
    const events = purchaseMachine.decide(purchase, message)
    bought.push(...events)
    purchase = events.reduce((state, event) => purchaseMachine.evolve(state, event), purchase)
    if (purchase.begun) describePurchase(purchase.request.jobId, purchase)
    return events.length > 0
  }
  tellPurchase({ at, type: 'asked', request: { ...purchaseRequest, budgetMsat } })

  const priceOf = (outputTokens: number) => priceOfTokens(DUEL_TARIFF, { promptTokens: 0, outputTokens })
  const told = (sale_: Sale) => (sale_.begun ? lookAtSale(sale_) : null)

  function figures(): Figures {
    if (!purchase.begun) throw new Error('not asked')
    const buying = lookAtPurchase(purchase)
    const selling = told(sale)
    const promptMsat = priceOfTokens(DUEL_TARIFF, { promptTokens: mostPromptTokens(DUEL_PROMPT.length), outputTokens: 0 })
    const seen = purchase.text.length
    const receivedMsat = selling?.receivedMsat ?? ZERO_MSAT
    return {
      paidMsat: buying.paidMsat, receivedMsat,
      aheadMsat: buying.paidMsat === 0 ? 0 : buying.paidMsat - priceOf(seen) - (seen > 0 ? promptMsat : 0),
      madeTokens: Math.max(run?.pieces.length ?? 0, selling?.generated?.usage?.outputTokens ?? 0),
      paidTokens: Math.max(0, (receivedMsat - promptMsat) / 1_000),
      mostPaymentsOfOne: wallets.mostPaymentsOfOne(),
      customerCreditMsat: buying.owedMsat, providerCreditMsat: selling?.owedMsat ?? ZERO_MSAT,
      customerState: buying.state, providerState: selling?.state ?? 'none',
      answer: selling?.generated?.text ?? '', text: purchase.text, pauses: sold.filter(({ type }) => type === 'paused').length,
    }
  }

  function saleStep(effect: SaleEffect): (() => void) | null {
    if (!sale.begun) return null
    switch (effect.type) {
      case 'makeInvoice':
        return () => {
          const paymentHash = String(invoices++).padStart(64, '0')
          tellSale({ at, type: 'invoiceMade', index: effect.index, invoice: { bolt11: `ln${paymentHash}`, paymentHash, amountMsat: effect.amountMsat, network: 'regtest', createdAt: at / 1_000, expiresAt: at / 1_000 + effect.expirySecs, description: '' } })
        }
      case 'send':
        return () => sendFromSale(effect)
      case 'watchPayment': {
        const payment = wallets.lookUp(effect.paymentHash)
        if (payment?.state === 'settled') return () => void tellSale({ at, type: 'paymentSeen', paymentHash: effect.paymentHash, settledMsat: payment.amountMsat })
        const missing: SaleMessage = { at, type: 'paymentMissing', paymentHash: effect.paymentHash, isClosed: true }
        return saleMachine.decide(sale, missing).length > 0 ? () => void tellSale(missing) : null
      }
      case 'work':
        return at < effect.notBefore ? null : workStep(effect.attempt)
      case 'collectPartial':
        return () => {
          const kept = sale.begun ? meterOf(sale)?.kept : undefined
          const text = run === null ? (kept?.text ?? '') : run.pieces.join('')
          const outputTokens = run === null ? (kept?.usage?.outputTokens ?? 0) : run.pieces.length
          run = null
          tellSale({ at, type: 'generated', generated: { text, usage: { promptTokens: mostPromptTokens(DUEL_PROMPT.length), outputTokens, durationMs: 0 }, stoppedBy: 'customer' } })
        }
      // Of other modes, or a matter of time.
      case 'claim':
      case 'giveBack':
      case 'seal':
      case 'wake':
        return null
    }
  }

  function sendFromSale(effect: SaleEffect & { type: 'send' }): void {
    if (!sale.begun) return
    const outgoing = saleOutgoing(sale, effect.what)
    if (outgoing === null) return
    const base = { from: SELLER, eventId: 'f'.repeat(64), raw: '{}' }
    if (outgoing.what === 'invoice') {
      const { bolt11, paymentHash, amountMsat, network, expiresAt } = outgoing.invoice
      const offer = { bolt11, paymentHash, amountMsat, network, expiresAt, description: '' }
      const step = outgoing.step === undefined ? {} : { step: { index: outgoing.index, promptTokens: outgoing.step.promptTokens, outputTokens: outgoing.step.outputTokens } }
      offers.set(paymentHash, () => ({ at, type: 'invoiceReceived', ...base, invoice: ok(offer), context: { ...UNLIMITED, maxFeePermille: 10 }, index: outgoing.index, ...step }))
    } else if (outgoing.what === 'result') {
      const { text, usage } = outgoing.generated
      toCustomer.push(() => ({ at, type: 'resultReceived', ...base, text, usage, receipt: null, isOpen: false }))
    } else if (outgoing.what !== 'sealed') {
      toCustomer.push(() => ({ at, type: 'refusalReceived', from: SELLER, eventId: base.eventId, reason: outgoing.reason, isPause: outgoing.isPause === true }))
    }
    tellSale({ at, type: 'sent', what: effect.what, delivery, ...(effect.index === undefined ? {} : { index: effect.index }) })
  }

  /** One token, or the end, or nothing while it is held. */
  function workStep(attempt: number): (() => void) | null {
    if (!sale.begun) return null
    const meter = meterOf(sale)
    if (meter === null) return null
    if (run === null && meter.kept.text !== '') return () => void tellSale({ at, type: 'workFailed', problem: { code: 'backend-failed', message: 'interrupted' } })
    if (run === null) {
      return () => {
        run = { pieces: [] }
        streams = attempt === 1
        tellSale({ at, type: 'workBegun', attempt })
      }
    }
    const made = run
    const index = made.pieces.length
    if (index >= answerTokens) {
      return () => {
        run = null
        tellSale({ at, type: 'generated', generated: { text: made.pieces.join(''), usage: { promptTokens: 3, outputTokens: index, durationMs: 0 }, stoppedBy: 'end' } })
      }
    }
    const tell = () => tellSale({ at, type: 'tokensMade', tokens: index, text: made.pieces.join('').slice(meter.kept.text.length) })
    if (index >= meter.allowed) return saleMachine.decide(sale, { at, type: 'tokensMade', tokens: index, text: '' }).length > 0 ? () => void tell() : null
    return () => {
      const token = tokenOf(index)
      made.pieces.push(token)
      if (streams) streamed.push(token)
      const now = sale.begun ? meterOf(sale) : null
      if (now?.nextMark != null && made.pieces.length >= now.nextMark) tellSale({ at, type: 'tokensMade', tokens: made.pieces.length, text: made.pieces.join('').slice(now.kept.text.length) })
    }
  }

  function purchaseStep(effect: PurchaseEffect): (() => void) | null {
    switch (effect.type) {
      case 'send':
        return () => {
          if (!purchase.begun) return
          const outgoing = purchaseOutgoing(purchase, effect.what)
          if (outgoing === null) return
          if (outgoing.what === 'request') toSeller.push({ at, type: 'requested', request: saleRequest, refusal: null })
          else toSeller.push({ at, type: 'customerCancelled', eventId: 'e'.repeat(64) })
          tellPurchase({ at, type: 'sent', what: effect.what, delivery })
        }
      case 'pay':
      case 'lookUp':
        return () => payStep(effect)
      // Of other modes, or a matter of time and of what comes.
      case 'followLock':
      case 'listen':
      case 'lock':
      case 'open':
      case 'wake':
        return null
    }
  }

  function payStep({ type, intent }: PurchaseEffect & { type: 'pay' | 'lookUp' }): void {
    const { paymentHash, amountMsat } = intent
    if (type === 'pay') {
      // On disk before the wallet hears of it.
      if (tellPurchase({ at, type: 'payAsked', paymentHash })) tellPurchase({ at, type: 'payAnswered', paymentHash, outcome: wallets.pay(paymentHash, amountMsat) })
      return
    }
    const payment = wallets.lookUp(paymentHash)
    if (payment === null) wallets.pay(paymentHash, amountMsat)
    else tellPurchase({ at, type: 'paymentLookedUp', paymentHash, payment })
  }

  function store(): void {
    if (unstored !== '') tellPurchase({ at, type: 'textReceived', from: SELLER, text: unstored })
    unstored = ''
  }

  /** What came is judged, stored or not. */
  function wouldMove(message: PurchaseMessage): boolean {
    const heard = unstored === '' ? [] : purchaseMachine.decide(purchase, { at, type: 'textReceived', from: SELLER, text: unstored })
    return purchaseMachine.decide(heard.reduce((state, event) => purchaseMachine.evolve(state, event), purchase), message).length > 0
  }

  function actions(): Map<string, () => void> {
    const found = new Map<string, () => void>()
    for (const effect of saleMachine.due(sale)) {
      const step = saleStep(effect)
      if (step !== null) found.set(`sale ${effect.key}`, step)
    }
    for (const effect of purchaseMachine.due(purchase)) {
      const step = purchaseStep(effect)
      if (step !== null) found.set(`purchase ${effect.key}`, step)
    }
    const [message, request, token] = [toCustomer[0], toSeller[0], streamed[0]]
    if (message !== undefined) found.set('wire to customer', () => void (toCustomer.shift(), tellPurchase(message())))
    if (request !== undefined) found.set('wire to seller', () => void (toSeller.shift(), tellSale(request)))
    if (token !== undefined) {
      found.set('stream', () => {
        streamed.shift()
        unstored += token
      })
    }
    if (unstored !== '') found.set('store', store)
    for (const [hash, offer] of offers) {
      if (wouldMove(offer())) found.set(`offer ${hash}`, () => (store(), void tellPurchase(offer())))
    }
    return found
  }

  function nextWake(): number | null {
    const wakes = [...saleMachine.due(sale), ...purchaseMachine.due(purchase)].flatMap((effect) => (effect.type === 'wake' ? [effect.at] : effect.type === 'watchPayment' ? [(effect.expiresAt + 30) * 1_000] : effect.type === 'work' ? [effect.notBefore] : []))
    return wakes.filter((each) => each > at).toSorted((a, b) => a - b)[0] ?? null
  }

  return {
    possible: () => [...actions().keys()],
    do: (name) => actions().get(name)?.(),
    finish() {
      for (let turn = 0; turn < 20_000; turn++) {
        const [first] = actions().values()
        if (first !== undefined) {
          first()
          continue
        }
        const wake = nextWake()
        if (wake === null) return figures().pauses
        at = wake
        tellSale({ at, type: 'tick' })
        tellPurchase({ at, type: 'tick', clockProblem: null })
      }
      throw new Error(`it does not end: ${JSON.stringify([figures(), [...actions().keys()]])}`)
    },
    stop: () => void tellPurchase({ at, type: 'stopAsked' }),
    cancelSale: () => void tellSale({ at, type: 'sellerCancelled' }),
    crash(side) {
      if (side === 'provider') {
        run = null
        streamed = []
        sale = replay(saleMachine, JSON.parse(JSON.stringify(sold)) as SaleEvent[])
      } else {
        unstored = ''
        purchase = replay(purchaseMachine, JSON.parse(JSON.stringify(bought)) as PurchaseEvent[])
        // The stream goes on where the stored text ends, if it still runs.
        if (streams) streamed = run?.pieces.slice(purchase.begun ? purchase.text.length : 0) ?? []
      }
    },
    figures,
  }
}
