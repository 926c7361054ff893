import type { Engine } from '#engine/engine.ts'
import { createEmitter } from '#engine/emitter.ts'
import type { StoredThread, StoredTurn } from '#engine/store/threads.ts'
import type { InputOf, ItemOf, PayloadOf } from '#shared/ipc/contract.ts'
import type { Thread, Turn } from '#shared/ipc/customer.ts'
import { ProblemError } from '#shared/ipc/handlers.ts'
import type { SoukContract } from '#shared/ipc/souk.ts'
import { addMsat, ZERO_MSAT } from '#shared/market/msat.ts'
import { fail, ok } from '#shared/market/result.ts'
import { deriveState } from './derivedState.ts'

type Input<K extends keyof SoukContract> = InputOf<SoukContract[K]>

export function customerHandlers({ customer, directory, threads, journal, clock, jobChanged, threadsChanged }: Engine) {
  const turnEnded = createEmitter<PayloadOf<SoukContract['customer.turnEnded']>>()
  jobChanged.listen((row) => {
    if (row.role !== 'customer' || !row.final) return
    const turn = threads.turn(row.jobId)
    if (turn) turnEnded.emit({ threadId: turn.threadId, jobId: row.jobId, state: row.state })
    threadsChanged.emit(null)
  })

  function describeThread(thread: StoredThread): Thread {
    const spent = threads.turns(thread.threadId).map((turn) => journal.row('customer', turn.jobId)?.movedMsat ?? ZERO_MSAT)
    const { turns, ...rest } = thread
    return { ...rest, messages: turns, spentMsat: addMsat(...spent) }
  }

  function describeTurn(turn: StoredTurn): Turn | null {
    const job = journal.row('customer', turn.jobId)
    return job && { jobId: turn.jobId, threadId: turn.threadId, prompt: turn.prompt, answer: customer.answer(turn.jobId), job, turnsCut: turn.turnsCut }
  }

  /** Everything so far, then every change, until the job has ended. */
  async function* watch({ jobId }: Input<'customer.watch'>, signal: AbortSignal): AsyncIterable<ItemOf<SoukContract['customer.watch']>> {
    const job = journal.row('customer', jobId)
    if (!job) throw new ProblemError(fail('customer.no-job', 'This question is no longer there.').error)
    const waiting: ItemOf<SoukContract['customer.watch']>[] = [{ type: 'snapshot', text: customer.answer(jobId), job }]
    let ended = job.final
    let wake = () => {}
    const add = (item: ItemOf<SoukContract['customer.watch']>) => {
      const last = waiting.at(-1)
      if (item.type === 'text' && last?.type === 'text') waiting[waiting.length - 1] = { type: 'text', text: last.text + item.text }
      else if (item.type === 'sealed' && last?.type === 'sealed') waiting[waiting.length - 1] = item
      else waiting.push(item)
      wake()
    }
    const ends = [
      customer.watchText(jobId, add),
      customer.watchVeil(jobId, (bytes) => add({ type: 'sealed', bytes })),
      jobChanged.listen((row) => {
        if (row.role !== 'customer' || row.jobId !== jobId) return
        ended = row.final
        add({ type: 'job', job: row })
      }),
    ]
    const stop = () => {
      ended = true
      wake()
    }
    signal.addEventListener('abort', stop)
    try {
      while (!signal.aborted) {
        const item = waiting.shift()
        if (item) yield item
        else if (ended) return
        else await new Promise<void>((resolve) => (wake = resolve))
      }
    } finally {
      signal.removeEventListener('abort', stop)
      for (const end of ends) end()
    }
  }

  return {
    requests: {
      'customer.quote': (question: Input<'customer.quote'>) => {
        const quoted = customer.quote(question)
        if (!quoted.ok) return quoted
        const { offer, dialect, privacy, settlement, risk, priceMsat, maxFeeMsat, promptBytes, turnsSent, turnsCut, problem, confirmMsat } = quoted.value
        const row = offer === null ? undefined : customer.offers.get().get(offer.key)
        if (offer !== null && !row) return fail('gone', 'This offer has just gone. Choose another seller.')
        return ok({ ...(row === undefined ? {} : { offer: row }), dialect, privacy, settlement, risk, priceMsat, maxFeeMsat, promptBytes, turnsSent, turnsCut, ...(problem === null ? {} : { problem }), ...(confirmMsat === null ? {} : { confirmMsat }) })
      },
      'customer.offerEvent': ({ key }: Input<'customer.offerEvent'>) => {
        const raw = directory.raw(key)
        return raw === null ? fail('gone', 'This offer has just gone. Choose another seller.') : ok({ raw })
      },
      'customer.wanted': ({ keys }: Input<'customer.wanted'>) => {
        directory.wanted(keys)
        return ok({})
      },
      'customer.ask': (question: Input<'customer.ask'>) => customer.ask(question),
      'customer.stop': ({ jobId }: Input<'customer.stop'>) => {
        const stopped = customer.stop(jobId)
        return stopped.ok ? ok({}) : stopped
      },
      'customer.release': ({ jobId }: Input<'customer.release'>) => {
        const released = customer.release(jobId)
        return released.ok ? ok({}) : released
      },
      'customer.claim': ({ jobId }: Input<'customer.claim'>) => {
        const claimed = customer.claim(jobId)
        return claimed.ok ? ok({}) : claimed
      },
      'customer.thread': ({ threadId }: Input<'customer.thread'>) => {
        const thread = threads.get(threadId)
        if (!thread) return fail('no-thread', 'This conversation is no longer there.')
        return ok({ thread: describeThread(thread), turns: threads.turns(threadId).flatMap((turn) => describeTurn(turn) ?? []) })
      },
      'customer.renameThread': ({ threadId, title }: Input<'customer.renameThread'>) => {
        threads.rename(threadId, title)
        threadsChanged.emit(null)
        return ok({})
      },
      'customer.deleteThread': ({ threadId, undo }: Input<'customer.deleteThread'>) => {
        threads.setDeleted(threadId, undo === true ? null : clock.now())
        threadsChanged.emit(null)
        return ok({})
      },
    },
    streams: { 'customer.watch': watch },
    states: {
      'customer.offers': {
        ...deriveState([directory.loaded, directory.refused], () => ({ offers: {}, loaded: directory.loaded.get(), refused: { ...directory.refused.get() } })),
        rows: customer.offers,
      },
      'customer.threads': deriveState([{ subscribe: (listener) => threadsChanged.listen(() => listener()) }], () => ({
        threads: Object.fromEntries(threads.list().map((thread) => [thread.threadId, describeThread(thread)])),
      })),
      'customer.jobs': deriveState([customer.jobs], () => ({ jobs: { ...customer.jobs.get() } })),
    },
    events: { 'customer.turnEnded': turnEnded.listen },
  }
}
