/** Runs the model for a sale, streams what it makes, and holds it where the mode's meter says so. */
import { parseConversation } from '#shared/market/conversation.ts'
import { MAX_SEALED_TEXT_BYTES } from '#shared/market/sealedGoods.ts'
import type { Backend, Usage } from '../inference/backend.ts'
import type { Scheduler } from '../inference/scheduler.ts'
import { pause } from '../pause.ts'
import type { Clock } from '../ports.ts'
import type { DispatchOutcome } from '../reactor.ts'
import type { SaleDialect } from './dialect.ts'
import { meterOf, type BegunSale, type Generated, type Sale, type SaleEffect, type SaleMessage } from './sale.ts'
import type { Meter } from './settlement/mode.ts'
import { veilStream } from './veilStream.ts'

export interface GenerationOptions {
  readonly clock: Clock
  readonly backend: () => Backend
  /** The digest of a model's files as the backend tells it now; undefined where it tells none. */
  readonly modelDigest?: ((model: string) => string | undefined) | undefined
  readonly scheduler: Scheduler
  readonly dialectOf: (sale: BegunSale) => SaleDialect
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

type Work = SaleEffect & { type: 'work' }

export interface Generation {
  /** Until it has ended, or the signal says that it is no longer wanted. */
  work(jobId: string, effect: Work, signal: AbortSignal): Promise<void>
  /** Hands over what was made so far of a job that is stopped. */
  collect(jobId: string): void
  /** The job has moved: what waits for the meter looks again. */
  jobMoved(jobId: string): void
  /** The job has ended: nothing of what it had made is kept. */
  forget(jobId: string): void
}

/** `pieces`: one for each time that the backend yielded text, which is one or more tokens. */
interface Made {
  text: string
  pieces: number
  readonly startedAt: number
}

export function createGeneration(options: GenerationOptions): Generation {
  const { clock, scheduler, dialectOf, dispatch } = options
  /** What a running job has made so far, for a customer who stops it. */
  const partial = new Map<string, Made>()
  /** Jobs whose run failed here before its first word: nothing of them was streamed. */
  const unspoken = new Set<string>()
  const waiting = new Map<string, () => void>()

  function work(jobId: string, effect: Work, signal: AbortSignal): Promise<void> {
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

  const fail = (jobId: string, message: string) => void dispatch(jobId, { at: clock.now(), type: 'workFailed', problem: { code: 'backend-failed', message } })

  async function generate(jobId: string, { request, attempt }: Work, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    // What was charged for is kept, and nothing makes the same beginning again.
    if ((meterNow(jobId)?.kept.text ?? '') !== '') return fail(jobId, 'The work was interrupted.')
    // A second try is not streamed: the customer has the beginning of the first, and the result replaces it.
    const streams = options.streaming() && (attempt === 1 || unspoken.delete(jobId))
    // Not stored, not begun: what is made twice would be streamed twice.
    if (dispatch(jobId, { at: clock.now(), type: 'workBegun', attempt, ...(streams ? {} : { silent: true }) }) !== 'changed') return
    const made: Made = { text: '', pieces: 0, startedAt: clock.now() }
    partial.set(jobId, made)
    let bytes = 0
    const sale = options.state(jobId)
    if (!sale.begun) return
    const { out, maxBytes } = openOutput(sale, streams)
    const full = new AbortController()
    const end = (generated: Generated) => {
      out.end(generated.usage)
      partial.delete(jobId)
      dispatch(jobId, { at: clock.now(), type: 'generated', generated: withModelDigest(jobId, generated) })
    }
    const endFull = () => {
      full.abort()
      end({ text: made.text, usage: usageOf(jobId, made), stoppedBy: 'length' })
    }
    const giveUp = (message: string) => {
      if (signal.aborted) return
      tellMade(jobId, made)
      if (made.pieces === 0) unspoken.add(jobId)
      fail(jobId, message)
    }
    try {
      const job = { ...request.sampling, model: request.model, messages: parseConversation(request.prompt), maxTokens: request.maxTokens }
      for await (const item of options.backend().generate(job, AbortSignal.any([signal, full.signal]))) {
        if (item.type === 'text') {
          if (made.pieces >= request.maxTokens && meterNow(jobId) !== null) return endFull()
          await waitForMeter(jobId, made, signal)
          if (signal.aborted) return
          made.text += item.text
          made.pieces += 1
          out.add(item.text)
          options.onProgress(jobId, { startedAt: made.startedAt, pieces: made.pieces })
          const mark = meterNow(jobId)?.nextMark ?? null
          if (mark !== null && made.pieces >= mark) tellMade(jobId, made)
          bytes += jsonBytes(item.text)
          if (bytes > maxBytes) return endFull()
        } else if (item.type === 'done') {
          return end({ text: made.text, usage: item.usage, stoppedBy: item.stoppedBy })
        } else {
          return giveUp(item.problem.message)
        }
      }
      // A backend ends with an item; this one did not, or threw. Either is its failure, and a reason to pause.
      giveUp('The backend ended without an answer.')
    } catch (error) {
      giveUp(error instanceof Error ? error.message : String(error))
    } finally {
      out.close()
    }
  }

  function openOutput(sale: BegunSale, streams: boolean) {
    const dialect = dialectOf(sale)
    const open = dialect.openStream(sale, streams)
    const agreed = sale.request.settlement
    if (agreed?.name !== 'sealed') return { out: open, maxBytes: dialect.maxResultBytes }
    return { out: veilStream(open, agreed.previewPermille), maxBytes: Math.min(dialect.maxResultBytes, MAX_SEALED_TEXT_BYTES) }
  }

  function meterNow(jobId: string): Meter | null {
    const sale = options.state(jobId)
    return sale.begun ? meterOf(sale) : null
  }

  function tellMade(jobId: string, { text, pieces }: Made): void {
    const meter = meterNow(jobId)
    if (meter !== null && pieces > 0) dispatch(jobId, { at: clock.now(), type: 'tokensMade', tokens: pieces, text: text.slice(meter.kept.text.length) })
  }

  /** The token that is there and not paid for is held back, and the backend is not asked for another. */
  async function waitForMeter(jobId: string, made: Made, signal: AbortSignal): Promise<void> {
    const isHeld = () => {
      const meter = meterNow(jobId)
      return !signal.aborted && meter !== null && made.pieces >= meter.allowed
    }
    if (!isHeld()) return
    tellMade(jobId, made)
    while (isHeld()) {
      await new Promise<void>((resolve) => {
        waiting.set(jobId, resolve)
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
    }
    waiting.delete(jobId)
  }

  /** Of a metered job what was made is charged, so that it is counted; of others only what the backend counted is told. */
  function usageOf(jobId: string, { pieces, startedAt }: Made): Usage {
    return { promptTokens: meterNow(jobId)?.kept.usage?.promptTokens ?? 0, outputTokens: pieces, durationMs: Math.max(0, clock.now() - startedAt) }
  }

  /** Kept with the answer, so that a receipt made much later still names what made it. */
  function withModelDigest(jobId: string, generated: Generated): Generated {
    const sale = options.state(jobId)
    const modelDigest = sale.begun ? options.modelDigest?.(sale.request.model) : undefined
    return { ...generated, ...(modelDigest === undefined ? {} : { modelDigest }) }
  }

  return {
    work,
    collect(jobId) {
      const made = partial.get(jobId)
      const kept = meterNow(jobId)?.kept
      partial.delete(jobId)
      const answer = kept === undefined || made === undefined ? (kept ?? { text: made?.text ?? '', usage: null }) : { text: made.text, usage: usageOf(jobId, made) }
      dispatch(jobId, { at: clock.now(), type: 'generated', generated: withModelDigest(jobId, { ...answer, stoppedBy: 'customer' }) })
    },
    jobMoved: (jobId) => waiting.get(jobId)?.(),
    forget(jobId) {
      partial.delete(jobId)
      unspoken.delete(jobId)
    },
  }
}

/** What a text weighs inside a JSON string inside a JSON event, quotes not counted. */
function jsonBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(JSON.stringify(text).slice(1, -1))) - 2
}
