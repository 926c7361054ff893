/** Carries out what a sale owes the world: asks the wallet, runs the model, publishes. Learns nothing that it does not dispatch. */
import { parseConversation } from '#shared/market/conversation.ts'
import { MAX_SEALED_TEXT_BYTES } from '#shared/market/sealedGoods.ts'
import type { Backend, GenerateItem, Usage } from '../inference/backend.ts'
import type { Scheduler } from '../inference/scheduler.ts'
import { pause, unlessAborted } from '../pause.ts'
import type { Clock, Log } from '../ports.ts'
import { sealAnswer } from '../sealing/seal.ts'
import type { DispatchOutcome } from '../reactor.ts'
import type { Preimages } from '../store/preimages.ts'
import type { Wallet } from '../wallet/wallet.ts'
import type { SaleDialect } from './dialect.ts'
import { outgoingOf, type Generated, type Sale, type SaleEffect, type SaleMessage, type SaleRequest } from './sale.ts'
import { createSaleMoney } from './saleMoney.ts'
import { veilStream } from './veilStream.ts'

export interface SaleEffectsOptions {
  readonly clock: Clock
  readonly log: Log
  readonly wallet: Wallet
  readonly preimages: Preimages
  readonly backend: () => Backend
  /** The digest of a model's files as the backend tells it now; undefined where it tells none. */
  readonly modelDigest?: ((model: string) => string | undefined) | undefined
  readonly scheduler: Scheduler
  readonly dialectOf: (sale: Extract<Sale, { begun: true }>) => SaleDialect
  readonly streaming: () => boolean
  readonly state: (jobId: string) => Sale
  readonly dispatch: (jobId: string, message: SaleMessage) => DispatchOutcome
  /** The running text's size, for the live queue. */
  onProgress(jobId: string, progress: SaleProgress): void
}

export interface SaleProgress {
  readonly startedAt: number
  readonly pieces: number
}

export interface SaleEffects {
  perform(this: void, effect: SaleEffect, jobId: string, signal: AbortSignal): Promise<void>
  /** The job has ended: nothing of what it had made is kept. */
  forget(jobId: string): void
}

export function createSaleEffects(options: SaleEffectsOptions): SaleEffects {
  const { clock, scheduler, dialectOf } = options
  const money = createSaleMoney(options)
  /** What a running job has made so far, for a customer who stops it. */
  const partial = new Map<string, { text: string }>()

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
    const open = dialect.openStream(sale, options.streaming() && attempt === 1)
    const agreed = request.settlement
    const isSealed = agreed?.name === 'sealed'
    const out = isSealed ? veilStream(open, agreed.previewPermille) : open
    const maxBytes = isSealed ? Math.min(dialect.maxResultBytes, MAX_SEALED_TEXT_BYTES) : dialect.maxResultBytes
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
          if (bytes > maxBytes) {
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
        return money.makeInvoice(jobId, effect, signal)
      case 'send': {
        const sale = options.state(jobId)
        if (!sale.begun) return
        const outgoing = outgoingOf(sale, effect.what)
        if (outgoing === null) return
        const delivery = await unlessAborted(dialectOf(sale).send(outgoing, sale), signal)
        if (delivery !== null) options.dispatch(jobId, { at: clock.now(), type: 'sent', what: effect.what, delivery })
        return
      }
      case 'watchPayment':
        return money.watchPayment(jobId, effect, signal)
      case 'claim':
        return money.claim(jobId, effect.paymentHash, signal)
      case 'giveBack':
        return money.giveBack(jobId, effect.paymentHash, signal)
      case 'seal': {
        const secret = options.preimages.find(effect.paymentHash)
        if (secret === null) throw new Error('the secret of an answer was not kept')
        options.dispatch(jobId, { at: clock.now(), type: 'sealed', ...sealAnswer(effect.text, effect.previewPermille, secret) })
        return
      }
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
