/** Carries out what a sale owes the world: asks the wallet, runs the model, publishes. Learns nothing that it does not dispatch. */
import { parseConversation } from '#shared/market/conversation.ts'
import type { Backend, GenerateItem, Usage } from '../inference/backend.ts'
import type { Scheduler } from '../inference/scheduler.ts'
import { pause, unlessAborted } from '../pause.ts'
import type { Clock, Log } from '../ports.ts'
import type { DispatchOutcome } from '../reactor.ts'
import type { Invoice, Wallet } from '../wallet/wallet.ts'
import type { SaleDialect } from './dialect.ts'
import { expiryDeadline, INVOICE_EXPIRY_SECS, type Generated, type Sale, type SaleEffect, type SaleMessage, type SaleRequest } from './sale.ts'

export interface SaleEffectsOptions {
  readonly clock: Clock
  readonly log: Log
  readonly wallet: Wallet
  readonly backend: () => Backend
  /** The digest of a model's files as the backend tells it now; undefined where it tells none. */
  readonly modelDigest?: ((model: string) => string | undefined) | undefined
  readonly scheduler: Scheduler
  readonly dialectOf: (sale: Extract<Sale, { begun: true }>) => SaleDialect
  readonly streaming: () => boolean
  readonly state: (jobId: string) => Sale
  dispatch(jobId: string, message: SaleMessage): DispatchOutcome
  /** The running text's size, for the live queue. */
  onProgress(jobId: string, progress: SaleProgress): void
}

export interface SaleProgress {
  readonly startedAt: number
  readonly pieces: number
}

/** Looks at the wallet this often besides the wallet's own hints, slower as time goes by. */
const FIRST_LOOK_MS = 1_000
const MAX_LOOK_MS = 10_000

export interface SaleEffects {
  perform(this: void, effect: SaleEffect, jobId: string, signal: AbortSignal): Promise<void>
  /** The job has ended: nothing of what it had made is kept. */
  forget(jobId: string): void
}

export function createSaleEffects(options: SaleEffectsOptions): SaleEffects {
  const { clock, wallet, scheduler, dialectOf } = options
  /** What a running job has made so far, for a customer who stops it. */
  const partial = new Map<string, { text: string }>()

  async function makeInvoice(jobId: string, request: SaleRequest, signal: AbortSignal): Promise<void> {
    const invoice = await unlessAborted(wallet.createInvoice({ amountMsat: request.priceMsat, description: `Souk ${jobId}`, expirySecs: INVOICE_EXPIRY_SECS }), signal)
    if (invoice === null) return
    const at = clock.now()
    if (!invoice.ok) options.log('warn', 'an invoice could not be made', { jobId, code: invoice.error.code, reason: invoice.error.message })
    options.dispatch(jobId, invoice.ok ? { at, type: 'invoiceMade', invoice: invoice.value } : { at, type: 'invoiceFailed', problem: invoice.error })
  }

  async function watchPayment(jobId: string, invoice: Invoice, signal: AbortSignal): Promise<void> {
    let waitMs = FIRST_LOOK_MS
    while (!signal.aborted) {
      // A hint outruns the answer under way, which may have been lost with the wallet's connection.
      const hinted = new AbortController()
      const forget = wallet.watch((hint) => hint.paymentHash === invoice.paymentHash && hinted.abort())
      const found = await unlessAborted(wallet.lookup(invoice.paymentHash, 'incoming'), AbortSignal.any([signal, hinted.signal]))
      if (found?.ok === true && found.value?.state === 'settled') {
        forget()
        options.dispatch(jobId, { at: clock.now(), type: 'paymentSeen', settledMsat: found.value.amountMsat })
        return
      }
      if (found?.ok === true && clock.now() >= expiryDeadline(invoice)) {
        const state = found.value?.state ?? 'expired'
        options.dispatch(jobId, { at: clock.now(), type: 'paymentMissing', isClosed: state === 'expired' || state === 'failed' })
      }
      await pause(clock, waitMs, AbortSignal.any([signal, hinted.signal]))
      forget()
      waitMs = Math.min(MAX_LOOK_MS, waitMs * 1.5)
    }
  }

  function work(jobId: string, effect: SaleEffect & { type: 'work' }, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      let begun = false
      const leave = () => {
        scheduler.cancel(jobId)
        if (!begun) resolve() // Otherwise when the running job has really ended: a job never runs twice at once.
      }
      signal.addEventListener('abort', leave, { once: true })
      void pause(clock, effect.notBefore - clock.now(), signal).then(() => {
        if (signal.aborted) return
        scheduler.submit(jobId, async (running) => {
          begun = true
          try {
            await generate(jobId, effect, AbortSignal.any([running, signal]))
          } finally {
            signal.removeEventListener('abort', leave)
            resolve()
          }
        })
      })
    })
  }

  async function generate(jobId: string, { request, attempt }: SaleEffect & { type: 'work' }, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    // Not stored, not begun: what is made twice would be streamed twice.
    if (options.dispatch(jobId, { at: clock.now(), type: 'workBegun', attempt }) !== 'changed') return
    const made = { text: '' }
    partial.set(jobId, made)
    const startedAt = clock.now()
    let pieces = 0
    let bytes = 0
    const sale = options.state(jobId)
    if (!sale.begun) return
    const dialect = dialectOf(sale)
    // A second try is not streamed: the customer has the beginning of the first, and the result replaces it.
    const out = dialect.openStream(sale, options.streaming() && attempt === 1)
    const full = new AbortController()
    const fail = (message: string) => void options.dispatch(jobId, { at: clock.now(), type: 'workFailed', problem: { code: 'backend-failed', message } })
    const end = (generated: Generated) => {
      out.end(generated.usage)
      partial.delete(jobId)
      options.dispatch(jobId, { at: clock.now(), type: 'generated', generated: withModelDigest(jobId, generated) })
    }
    try {
      for await (const item of run(request, AbortSignal.any([signal, full.signal]))) {
        if (item.type === 'text') {
          made.text += item.text
          pieces += 1
          out.add(item.text)
          options.onProgress(jobId, { startedAt, pieces })
          bytes += jsonBytes(item.text)
          if (bytes > dialect.maxResultBytes) {
            full.abort()
            end({ text: made.text, usage: usageSoFar(pieces, clock.now() - startedAt), stoppedBy: 'length' })
            return
          }
        } else if (item.type === 'done') {
          end({ text: made.text, usage: item.usage, stoppedBy: item.stoppedBy })
          return
        } else {
          if (!signal.aborted) fail(item.problem.message)
          return
        }
      }
      // A backend ends with an item; this one did not, or threw. Either is its failure, and a reason to pause.
      if (!signal.aborted) fail('The backend ended without an answer.')
    } catch (error) {
      if (!signal.aborted) fail(error instanceof Error ? error.message : String(error))
    } finally {
      out.close()
    }
  }

  /** Kept with the answer, so that a receipt made much later still names what made it. */
  function withModelDigest(jobId: string, generated: Generated): Generated {
    const sale = options.state(jobId)
    const modelDigest = sale.begun ? options.modelDigest?.(sale.request.model) : undefined
    return { ...generated, ...(modelDigest === undefined ? {} : { modelDigest }) }
  }

  function run(request: SaleRequest, signal: AbortSignal): AsyncIterable<GenerateItem> {
    return options.backend().generate({ ...request.sampling, model: request.model, messages: parseConversation(request.prompt), maxTokens: request.maxTokens }, signal)
  }

  async function perform(effect: SaleEffect, jobId: string, signal: AbortSignal): Promise<void> {
    switch (effect.type) {
      case 'makeInvoice':
        return makeInvoice(jobId, effect.request, signal)
      case 'send': {
        const sale = options.state(jobId)
        if (!sale.begun) return
        const delivery = await unlessAborted(dialectOf(sale).send(effect.what, sale), signal)
        if (delivery !== null) options.dispatch(jobId, { at: clock.now(), type: 'sent', what: effect.what, delivery })
        return
      }
      case 'watchPayment':
        return watchPayment(jobId, effect.invoice, signal)
      case 'work':
        return work(jobId, effect, signal)
      case 'collectPartial': {
        const text = partial.get(jobId)?.text ?? ''
        partial.delete(jobId)
        options.dispatch(jobId, { at: clock.now(), type: 'generated', generated: withModelDigest(jobId, { text, usage: null, stoppedBy: 'customer' }) })
        return
      }
      case 'wake':
        return
    }
  }

  return { perform, forget: (jobId) => void partial.delete(jobId) }
}

function usageSoFar(outputTokens: number, durationMs: number): Usage {
  return { promptTokens: 0, outputTokens, durationMs }
}

/** What a text weighs inside a JSON string inside a JSON event, quotes not counted. */
function jsonBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(JSON.stringify(text).slice(1, -1))) - 2
}
