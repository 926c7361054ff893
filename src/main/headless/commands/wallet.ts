import { feeCap, sumMsat } from '#engine/spending/judgeSpending.ts'
import type { EngineConfig } from '#engine/engine.ts'
import { pause } from '#engine/pause.ts'
import { describePayment, type SendOutcome } from '#engine/wallet/account.ts'
import type { Figures } from '#engine/wallet/money.ts'
import type { Payment } from '#engine/wallet/wallet.ts'
import { formatSats, type Msat } from '#shared/market/msat.ts'
import type { Result } from '#shared/market/result.ts'
import { decodeInvoice } from '#shared/protocol/bolt11.ts'
import { EXIT } from '../exitCodes.ts'
import { withEngine, type Session, type SessionOptions } from '../session.ts'
import { alignColumns, localMinute } from '../table.ts'
import { askLine, canAsk, CommandFailed, orInterrupted } from '../terminal.ts'

interface ReceiveOptions extends SessionOptions {
  readonly description: string
  readonly expiry: number
  readonly wait?: boolean | undefined
}

interface SendOptions extends SessionOptions {
  readonly maxFee?: Msat | undefined
  readonly yes?: boolean | undefined
}

interface HistoryOptions extends SessionOptions {
  readonly limit: number
  readonly offset: number
}

const INTERRUPTED = 'Interrupted.'
const NOTHING_PAID = 'Nothing was paid.'
/** How often an invoice that is waited for is asked about, besides the wallet's own hints. */
const LOOK_AGAIN_MS = 5_000

export function balance(options: SessionOptions): Promise<void> {
  return withWallet(options, async ({ engine, output, interrupt }) => {
    await orInterrupted(engine.account.refresh(), interrupt, INTERRUPTED)
    const { state, problem, info, balanceMsat } = engine.account.status.get()
    if (state !== 'ready' || balanceMsat === null) throw new CommandFailed(EXIT.failed, 'wallet-unavailable', `${problem ?? 'The wallet does not answer.'} \`souk doctor\` says more.`)
    const figures = engine.money.figures()
    const { spendingStopped } = engine.preferences.settings.get()
    output.print(`${formatSats(balanceMsat)} sats`)
    for (const line of describeFigures(figures)) output.say(line)
    if (spendingStopped) output.say(STOPPED)
    output.say(`${info?.alias ?? 'A wallet'} on ${engine.wallet.network}${isSandbox(engine.walletKind) ? ': play money of the sandbox' : ''}.`)
    output.tell({ type: 'balance', balanceMsat, ...figures, spendingStopped, network: engine.wallet.network, alias: info?.alias ?? null, sandbox: isSandbox(engine.walletKind) })
  })
}

/** What the books say beside the balance, where there is any. */
function describeFigures({ availableMsat, pendingMsat, lockedMsat, lockedForUsMsat, lockedUntil, owedToUsMsat, owedByUsMsat, earned, spent }: Figures): string[] {
  const until = lockedUntil === undefined ? '' : `; the first of it until ${localMinute(lockedUntil)}`
  const lines: readonly (readonly [Msat, string])[] = [
    [pendingMsat, `Up to ${formatSats(pendingMsat)} sats are on their way out, and the wallet has not said whether they went.`],
    [lockedMsat, `${formatSats(lockedMsat)} sats are locked for answers${until}.`],
    [lockedForUsMsat, `${formatSats(lockedForUsMsat)} sats are locked for you by customers${until}.`],
    [owedToUsMsat, `Sellers owe you ${formatSats(owedToUsMsat)} sats: souk claim.`],
    [owedByUsMsat, `You owe customers ${formatSats(owedByUsMsat)} sats.`],
    [sumMsat(earned.totalMsat, spent.totalMsat), `Earned ${formatSats(earned.totalMsat)} sats, ${formatSats(earned.todayMsat)} of them today; spent ${formatSats(spent.totalMsat)}, ${formatSats(spent.todayMsat)} of them today.`],
  ]
  const said = lines.filter(([amount]) => amount > 0).map(([, line]) => line)
  return availableMsat === undefined || pendingMsat + lockedMsat === 0 ? said : [`Available: ${formatSats(availableMsat)} sats.`, ...said]
}

const STOPPED = 'All spending is stopped: nothing new leaves the wallet. `souk wallet allow` ends that.'

/** The kill switch, for every start in this folder until it is taken back. */
export function setStopped(stopped: boolean, options: SessionOptions): Promise<void> {
  return withWallet(options, ({ engine, output }) => {
    engine.preferences.update({ spendingStopped: stopped })
    output.say(stopped ? STOPPED : 'Spending is allowed, within your limits.')
    output.tell({ type: 'spending', stopped })
    return Promise.resolve()
  })
}

export function receive(amountMsat: Msat, options: ReceiveOptions): Promise<void> {
  return withWallet(options, async (session) => {
    const { engine, output, interrupt } = session
    const made = valueOf(await orInterrupted(engine.account.receive(amountMsat, options.description, options.expiry), interrupt, INTERRUPTED))
    output.say(`Invoice over ${formatSats(amountMsat)} sats on ${made.network}, until ${localMinute(made.expiresAt * 1_000)}:`)
    output.print(made.bolt11)
    output.say(`Payment hash: ${made.paymentHash}`)
    output.tell({ type: 'invoice', bolt11: made.bolt11, paymentHash: made.paymentHash, amountMsat, network: made.network, expiresAt: made.expiresAt * 1_000 })
    if (options.wait !== true) return
    output.say('Waiting for the payment; Ctrl-C leaves the invoice as it is.')
    await waitUntilPaid(session, made.paymentHash, made.expiresAt * 1_000)
  })
}

async function waitUntilPaid({ engine, output, interrupt }: Session, paymentHash: string, expiresAt: number): Promise<void> {
  while (!interrupt.signal.aborted) {
    const found = await orInterrupted(engine.wallet.lookup(paymentHash, 'incoming'), interrupt, 'Interrupted. The invoice can still be paid.')
    if (found.ok && found.value?.state === 'settled') {
      output.say(`Paid: ${formatSats(found.value.amountMsat)} sats.`)
      output.tell({ type: 'paid', paymentHash, amountMsat: found.value.amountMsat })
      return
    }
    const isGone = found.ok && (found.value?.state === 'expired' || found.value?.state === 'failed')
    if (isGone || engine.clock.now() > expiresAt + LOOK_AGAIN_MS) throw new CommandFailed(EXIT.timedOut, 'invoice-expired', 'The invoice expired unpaid. Make a new one.')
    await pause(engine.clock, LOOK_AGAIN_MS, interrupt.signal, (wake) => engine.wallet.watch((hint) => hint.paymentHash === paymentHash && wake()))
  }
  throw new CommandFailed(EXIT.interrupted, 'interrupted', 'Interrupted. The invoice can still be paid.')
}

export function send(bolt11: string, options: SendOptions): Promise<void> {
  const decoded = decodeInvoice(bolt11)
  if (!decoded.ok) throw new CommandFailed(EXIT.usage, decoded.error.code, decoded.error.message)
  const { amountMsat, network, description, expiresAt, paymentHash } = decoded.value
  if (amountMsat === null) throw new CommandFailed(EXIT.refused, 'no-amount', `This invoice names no amount. Ask for one that does. ${NOTHING_PAID}`)
  if (options.yes !== true && !canAsk()) throw new CommandFailed(EXIT.usage, 'not-confirmed', `There is nobody to ask whether to pay ${formatSats(amountMsat)} sats. Give --yes. ${NOTHING_PAID}`)
  return withWallet(options, async (session) => {
    const { engine, output, interrupt } = session
    const maxFeeMsat = options.maxFee ?? feeCap(amountMsat, engine.preferences.settings.get().limits.maxFeePermille)
    output.tell({ type: 'sending', paymentHash, amountMsat, maxFeeMsat, network, description, expiresAt: expiresAt * 1_000 })
    const rows = [['Amount', `${formatSats(amountMsat)} sats on ${network}`], ['Fee', `at most ${formatSats(maxFeeMsat)} sats`], ['For', description === '' ? '(no description)' : description], ['Valid until', localMinute(expiresAt * 1_000)], ['Hash', paymentHash]]
    for (const line of alignColumns(rows)) output.say(line)
    if (options.yes !== true) await confirmSending()
    const sending = engine.account.send(bolt11, maxFeeMsat, amountMsat)
    await Promise.race([sending, interrupt.interrupted])
    // Leaving now: the wallet is told to stop waiting, and the outcome is whatever is known by then.
    if (interrupt.signal.aborted) await engine.wallet.close()
    reportSending(session, paymentHash, await sending)
  })
}

async function confirmSending(): Promise<void> {
  const answer = await askLine('Pay this? [y/N] ')
  if (answer === null) throw new CommandFailed(EXIT.interrupted, 'interrupted', `Interrupted. ${NOTHING_PAID}`)
  if (!/^\s*y(es)?\s*$/i.test(answer)) throw new CommandFailed(EXIT.refused, 'not-confirmed', NOTHING_PAID)
}

function reportSending({ output }: Session, paymentHash: string, outcome: Result<SendOutcome>): void {
  if (!outcome.ok) {
    const message = outcome.error.message.includes('othing was paid') || outcome.error.code === 'already-paid' ? outcome.error.message : `${outcome.error.message} ${NOTHING_PAID}`
    throw new CommandFailed(EXIT.refused, outcome.error.code, message)
  }
  if (outcome.value.state === 'unknown') {
    output.tell({ type: 'sent', state: 'unknown', paymentHash })
    throw new CommandFailed(
      EXIT.unknown,
      'payment-unknown',
      `It is not known whether this was paid: ${outcome.value.message} Souk asks the wallet again whenever it runs, and never pays it twice; do not pay it from elsewhere. To ask now: souk wallet lookup ${paymentHash}`,
    )
  }
  output.say(`Paid, with a fee of ${formatSats(outcome.value.feeMsat)} sats.`)
  output.tell({ type: 'sent', state: 'settled', paymentHash, feeMsat: outcome.value.feeMsat })
}

export function history(options: HistoryOptions): Promise<void> {
  return withWallet(options, async ({ engine, output, interrupt }) => {
    const { rows, more } = valueOf(await orInterrupted(engine.account.history(options.offset, options.limit), interrupt, INTERRUPTED))
    for (const payment of rows) output.tell({ type: 'payment', ...describePayment(payment, engine.journal.jobOfPayment(payment.paymentHash)) })
    output.tell({ type: 'history', payments: rows.length, more })
    if (rows.length === 0) output.say(options.offset === 0 ? 'No payments yet.' : 'No payments before that.')
    else for (const line of alignColumns([['When', '', 'Sats', 'Fee', 'State', 'Payment hash', 'For'], ...rows.map(describeRow)], [2, 3])) output.print(line)
    if (more) output.say(`There are more: --offset ${options.offset + rows.length}`)
  })
}

export function lookUp(paymentHash: string, options: SessionOptions): Promise<void> {
  return withWallet(options, async ({ engine, output, interrupt }) => {
    const found: Payment[] = []
    for (const direction of ['outgoing', 'incoming'] as const) {
      const payment = await orInterrupted(engine.wallet.lookup(paymentHash, direction), interrupt, INTERRUPTED)
      if (!payment.ok) throw new CommandFailed(EXIT.failed, payment.error.code, payment.error.message)
      if (payment.value !== null) found.push(payment.value)
    }
    if (found.length === 0) throw new CommandFailed(EXIT.nothingFound, 'not-found', 'The wallet knows no such payment.')
    for (const payment of found) output.tell({ type: 'payment', ...describePayment(payment, engine.journal.jobOfPayment(paymentHash)) })
    for (const line of alignColumns(found.map(describeRow))) output.print(line)
  })
}

function describeRow(payment: Payment): string[] {
  const sign = payment.direction === 'incoming' ? 'in' : 'out'
  return [localMinute(payment.createdAt * 1_000), sign, formatSats(payment.amountMsat), formatSats(payment.feeMsat), payment.state, payment.paymentHash, payment.description.replaceAll(/\s+/g, ' ')]
}

/** A look at the wallet opens no shop: where the sandbox is hosted for it, the house stays closed. */
function withWallet(options: SessionOptions, run: (session: Session) => Promise<void>): Promise<void> {
  return withEngine({ ...options, house: false }, 'terminal', run)
}

function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new CommandFailed(EXIT.failed, result.error.code, result.error.message)
  return result.value
}

function isSandbox(kind: EngineConfig['wallet']['kind']): boolean {
  return kind === 'sandbox'
}
