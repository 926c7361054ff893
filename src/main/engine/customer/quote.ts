/** What a question would cost, how it would be settled, who could read it and what stands in its way: before anything is sent. */
import type { Limits } from '#shared/ipc/settings.ts'
import { renderConversation } from '#shared/market/conversation.ts'
import type { DialectName, Privacy } from '#shared/market/dialect.ts'
import { formatSats, minMsat, ZERO_MSAT, type Msat } from '#shared/market/msat.ts'
import { ok, type Result } from '#shared/market/result.ts'
import type { Settlement } from '#shared/market/settlement.ts'
import { tariffOf } from '#shared/market/tariff.ts'
import { feeCap, judgeSpending, sumMsat, type SpendingContext } from '../spending/judgeSpending.ts'
import type { SpendingSubject } from '../spending/readSpending.ts'
import type { ThreadStore } from '../store/threads.ts'
import { chooseSettlement, describeRisk, type SettlementRisk } from './chooseSettlement.ts'
import { createTargetChooser, type SoughtOffer, type TargetOptions, type Wish } from './chooseTarget.ts'
import { meteredTerms } from './meteredTerms.ts'
import { depositOf, type PurchaseTerms } from './purchaseTerms.ts'

export interface Question extends Wish {
  readonly threadId?: string | undefined
  readonly prompt: string
  readonly maxTokens?: number | undefined
  /** The price that a person read and confirmed. */
  readonly confirmedMsat?: Msat | undefined
  /** Who releases what is locked, or opens what is sealed; the setting decides where it is not said. */
  readonly release?: 'auto' | 'ask' | undefined
}

export interface Quote {
  /** Null for an open request: one of those who bid for it gets it. */
  readonly offer: SoughtOffer | null
  readonly dialect: DialectName
  readonly privacy: Privacy
  /** Whether its draft is to say `encrypted`. */
  readonly encrypted: boolean
  readonly settlement: Settlement
  readonly risk: SettlementRisk
  readonly priceMsat: Msat
  readonly maxFeeMsat: Msat
  readonly prompt: string
  readonly promptBytes: number
  readonly turnsSent: number
  readonly turnsCut: number
  readonly problem: string | null
  /** What a person has to confirm before it is asked; null when it costs too little for that. */
  readonly confirmMsat: Msat | null
}

export interface QuoterOptions extends Omit<TargetOptions, 'canSettle'> {
  readonly terms: PurchaseTerms
  readonly limits: () => Limits
  /** How a person wants jobs settled, and up to what sum ahead. */
  readonly settling: () => { readonly settlement: Settlement | 'auto'; readonly trustMsat: Msat; readonly release: 'auto' | 'ask' }
  readonly threads: Pick<ThreadStore, 'turns'>
  /** What arrived of an earlier answer. */
  readonly answer: (jobId: string) => string
  readonly spending: (subject: SpendingSubject) => SpendingContext
  /** What may be spent of the balance that the wallet told last, null when it has told none. */
  readonly availableMsat: () => Msat | null
  /** Why no relay would take a question to a seller that reads there besides, for a person; null when one may. */
  readonly relayProblem: (sellerRelays: readonly string[]) => string | null
  /** Where that key's owner reads, beyond what its offer says. */
  readonly peerRelays: (pubkey: string) => readonly string[]
}

export interface Quoter {
  readonly quote: (question: Question) => Result<Quote>
  readonly maxTokensOf: (question: Question) => number
  /** What it may cost at the most. */
  readonly budgetOf: (question: Question) => Msat
  /** Where its seller reads, as far as it is known. */
  readonly relaysOf: (offer: SoughtOffer | null) => readonly string[]
}

/** Earlier turns go along as far as a seller that says nothing about its limit takes them; a question may be longer. */
const MAX_HISTORY_BYTES = 16_384

export function createQuoter(options: QuoterOptions): Quoter {
  const { threads, answer } = options
  const { settlementsFor } = options.terms
  const chooseTarget = createTargetChooser({ ...options, canSettle: (target, settlement) => settlementsFor(target).includes(settlement) })

  /** What stands in the way of sending it, for a person; the invoice is checked again when it comes. */
  function problemWith(priceMsat: Msat, maxFeeMsat: Msat, provider: string | null): string | null {
    const totalMsat = sumMsat(priceMsat, maxFeeMsat)
    const availableMsat = options.availableMsat()
    // Whether it is confirmed is not a problem with it: `ask` wants that, and the quote says so.
    const allowed = judgeSpending(options.spending({ paymentHash: null, jobId: null, provider }), { kind: 'job', amountMsat: priceMsat, maxFeeMsat, confirmedMsat: priceMsat })
    if (!allowed.ok) return allowed.error.message
    if (availableMsat !== null && availableMsat < totalMsat) return `The wallet has ${formatSats(availableMsat)} sats to spend; this needs up to ${formatSats(totalMsat)}. Receive some first.`
    return null
  }

  function relaysOf(offer: SoughtOffer | null): readonly string[] {
    return offer === null ? [] : [...new Set([...options.peerRelays(offer.pubkey), ...offer.relays, ...offer.seenOn])]
  }

  function quote(question: Question): Result<Quote> {
    const preferred = question.settlement ?? options.settling().settlement
    const target = chooseTarget({ ...question, ...(preferred === 'auto' ? {} : { settlement: preferred }) })
    if (!target.ok) return target
    const { offer, dialect, privacy, encrypted } = target.value
    // Its list is asked for while the question is still being written.
    const relayProblem = options.relayProblem(relaysOf(offer))
    const settled = chooseSettlement({ preferred, possible: settlementsFor(target.value), priceMsat: target.value.priceMsat, trustMsat: options.settling().trustMsat })
    if (!settled.ok) return settled
    const turns = question.threadId === undefined ? [] : threads.turns(question.threadId).map((turn) => ({ prompt: turn.prompt, answer: answer(turn.jobId) }))
    const rendered = renderConversation(turns, question.prompt, Math.min(dialect.maxPromptBytes, MAX_HISTORY_BYTES))
    const tariff = settled.value === 'metered' && offer !== null ? tariffOf(offer.prices) : null
    const metered = tariff === null ? null : meteredTerms(tariff, { promptBytes: rendered.promptBytes, maxTokens: maxTokensOf(question), budgetMsat: budgetOf(question) })
    const { priceMsat } = metered ?? target.value
    const risk = describeRisk(settled.value, { priceMsat, tickMsat: metered?.tickMsat ?? ZERO_MSAT, depositMsat: depositOf(offer), release: question.release ?? options.settling().release })
    // What is paid as it comes stops where a limit says so: only its beginning has to be possible now.
    const firstMsat = metered?.tickMsat ?? priceMsat
    const maxFeeMsat = feeCap(firstMsat, options.limits().maxFeePermille)
    const tooLong = rendered.promptBytes > dialect.maxPromptBytes ? `The question has ${rendered.promptBytes} bytes; this way takes at most ${dialect.maxPromptBytes}. Shorten it.` : null
    return ok({ offer, dialect: dialect.name, privacy, encrypted, settlement: settled.value, risk, priceMsat, maxFeeMsat, ...rendered, problem: tooLong ?? relayProblem ?? problemWith(firstMsat, maxFeeMsat, offer?.pubkey ?? null), confirmMsat: priceMsat > options.limits().confirmAboveMsat ? priceMsat : null })
  }

  const maxTokensOf = ({ maxTokens }: Question) => maxTokens ?? options.limits().maxTokens

  function budgetOf({ maxPriceMsat }: Question): Msat {
    const { perJobMsat } = options.limits()
    return minMsat(maxPriceMsat ?? perJobMsat, perJobMsat)
  }

  return { quote, maxTokensOf, budgetOf, relaysOf }
}
