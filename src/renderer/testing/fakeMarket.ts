/** Buying on the scripted engine: a question walks through its states and the answer comes in small pieces. */
import type { JobRow } from '#shared/ipc/common.ts'
import type { Turn } from '#shared/ipc/customer.ts'
import { ZERO_MSAT, formatSats, sats, subtractMsat, type Msat } from '#shared/market/msat.ts'
import { fail, ok } from '#shared/market/result.ts'
import type { Settlement } from '#shared/market/settlement.ts'
import type { StreamItem } from '#renderer/state/client.ts'
import { bestPrivacy } from '#renderer/ui/privacyText.ts'
import type { FakeEngine } from './fakeEngine.ts'
import { makeJob, MARKDOWN_ANSWER } from './sceneData.ts'

export interface MarketScript {
  turns: Turn[]
  /** How the next job ends. */
  ending: 'done' | 'failed' | 'never'
  pieceEveryMs: number
}

type WatchItem = StreamItem<'customer.watch'>

export function playMarket(engine: FakeEngine, script: MarketScript): void {
  const turns = new Map(script.turns.map((turn) => [turn.jobId, turn]))
  const watchers = new Map<string, Set<(item: WatchItem) => void>>()
  const ends = new Map<string, Set<() => void>>()
  let jobs = 0

  const tell = (jobId: string, item: WatchItem) => watchers.get(jobId)?.forEach((watcher) => watcher(item))
  const setJob = (jobId: string, change: Partial<JobRow>) => {
    const turn = turns.get(jobId)
    if (!turn) return
    const job = { ...turn.job, ...change, updatedAt: Date.now() }
    turns.set(jobId, { ...turn, job })
    tell(jobId, { type: 'job', job })
    const open = { ...engine.getState('customer.jobs')?.jobs }
    if (job.final) delete open[jobId]
    else open[jobId] = job
    engine.setState('customer.jobs', { jobs: open })
    if (!job.final) return
    ends.get(jobId)?.forEach((end) => end())
    engine.emit('customer.turnEnded', { threadId: turn.threadId, jobId, state: job.state })
  }
  const append = (jobId: string, text: string) => {
    const turn = turns.get(jobId)
    if (!turn) return
    turns.set(jobId, { ...turn, answer: turn.answer + text })
    tell(jobId, { type: 'text', text })
  }
  const pay = (price: number) => {
    const wallet = engine.getState('wallet.status')
    if (wallet?.balanceMsat !== undefined) engine.setState('wallet.status', { ...wallet, balanceMsat: subtractMsat(wallet.balanceMsat, sats(price)) })
  }

  const run = (jobId: string, startedAt: number) => {
    const pieces = MARKDOWN_ANSWER.match(/[\s\S]{1,6}/g) ?? []
    const steps: (() => void)[] = [
      () => setJob(jobId, { state: 'invoiced' }),
      () => setJob(jobId, { state: 'paying' }),
      () => {
        pay(5)
        setJob(jobId, { state: 'queued', queuePosition: 2, movedMsat: sats(5) })
      },
      () => setJob(jobId, { state: 'working' }),
      ...pieces.map((piece, n) => () => {
        append(jobId, piece)
        if (n % 8 === 0) setJob(jobId, { outputTokens: n + 1, tokensPerSecond: 33.1, durationMs: Date.now() - startedAt })
      }),
    ]
    const stopAt = script.ending === 'failed' ? 40 : steps.length
    const step = (n: number) => {
      if (turns.get(jobId)?.job.final) return
      const act = n < stopAt ? steps[n] : undefined
      if (act) {
        act()
        engine.later(n < 4 ? 400 : script.pieceEveryMs, () => step(n + 1))
        return
      }
      if (script.ending === 'never') return
      if (script.ending === 'failed') setJob(jobId, { state: 'failed', final: true, note: 'The seller’s model server went away in the middle of the answer. The seller owes you the rest.' })
      else setJob(jobId, { state: 'done', final: true, outputTokens: pieces.length, durationMs: Date.now() - startedAt })
    }
    engine.later(300, () => step(0))
  }

  const ask = (prompt: string, askedThread: string | undefined) => {
    const now = Date.now()
    const jobId = `job_live${(jobs++).toString(16).padStart(12, '0')}`
    const threadId = askedThread ?? `thread-${jobId}`
    const threads = engine.getState('customer.threads')?.threads ?? {}
    const known = threads[threadId]
    const thread = { threadId, title: known?.title ?? prompt.slice(0, 60), createdAt: known?.createdAt ?? now, updatedAt: now, messages: (known?.messages ?? 0) + 1, spentMsat: known?.spentMsat ?? ZERO_MSAT }
    engine.setState('customer.threads', { threads: { ...threads, [threadId]: thread } })
    const { endedAt: _endedAt, outputTokens: _tokens, tokensPerSecond: _rate, durationMs: _duration, ...row } = makeJob(now, { jobId })
    const job: JobRow = { ...row, state: 'asking', final: false, peerName: 'House seller', model: 'toy', promptPreview: prompt.slice(0, 80), priceMsat: sats(5), movedMsat: ZERO_MSAT, createdAt: now, updatedAt: now }
    turns.set(jobId, { jobId, threadId, prompt, answer: '', job, turnsCut: 0 })
    setJob(jobId, {})
    run(jobId, now)
    return ok({ jobId, threadId })
  }

  engine.requests['customer.ask'] = (input) => ask(input.prompt, input.threadId)
  engine.requests['customer.stop'] = (input) => {
    setJob(input.jobId, { state: 'stopped', final: true, note: 'You stopped it.' })
    return ok({})
  }
  engine.requests['customer.release'] = ({ jobId }) => {
    const turn = turns.get(jobId)
    if (!turn) return fail('not-now', 'Nothing of this job waits for your release.')
    const { awaitsRelease: _awaits, ...job } = turn.job
    turns.set(jobId, { ...turn, job })
    setJob(jobId, { state: 'unlocking', note: 'Released. The seller is taking it.' })
    return ok({})
  }
  engine.requests['customer.claim'] = ({ jobId }) => {
    setJob(jobId, { claiming: true, final: false })
    return ok({})
  }
  engine.requests['customer.thread'] = (input) => {
    const thread = engine.getState('customer.threads')?.threads[input.threadId]
    if (!thread) return fail('customer.unknown-thread', 'This thread is not here any more.')
    return ok({ thread, turns: [...turns.values()].filter((turn) => turn.threadId === input.threadId) })
  }
  engine.requests['customer.quote'] = (input) => {
    const offers = Object.values(engine.getState('customer.offers')?.offers ?? {})
    const prompt = { promptBytes: new TextEncoder().encode(input.prompt).length, turnsSent: 1, turnsCut: 0 }
    const onlyPrivate = engine.getState('settings.values')?.onlyPrivate === true
    if (input.selection.by === 'open') {
      if (onlyPrivate) return fail('only-private', 'An open request can be read by anyone, and you ask only privately. Choose a seller, or allow public questions.')
      return ok({ dialect: 'nip90', privacy: 'public-relays', settlement: 'prepay', risk: riskOf('prepay', input.maxPriceMsat ?? sats(100)), priceMsat: input.maxPriceMsat ?? sats(100), maxFeeMsat: sats(1), ...prompt })
    }
    const chosen = input.selection.by === 'offer' ? input.selection.key : 'house'
    const offer = offers.find((candidate) => candidate.key === chosen)
    if (!offer) return fail('customer.no-offer', 'Nobody sells here just now. Wait for a seller, or add a relay in Settings.')
    const privacy = input.encrypted === true && offer.dialects.includes('nip90') ? 'private' : (bestPrivacy(offer.dialects) ?? 'public-channel')
    if (onlyPrivate && privacy !== 'private') return fail('only-private', 'This seller can be asked only in the open, and you ask only privately. Choose another one, or allow public questions.')
    const settlement = input.settlement ?? 'prepay'
    if (!(offer.settlements ?? ['prepay']).includes(settlement)) return fail('settlement-not-possible', `This seller and your wallet cannot settle it by ${settlement}. Possible: ${(offer.settlements ?? ['prepay']).join(', ')}.`)
    const priceMsat = settlement === 'metered' ? sats(41) : (offer.priceMsat ?? ZERO_MSAT)
    const tooDear = (offer.priceMsat ?? 0) > sats(100)
    return ok({
      offer,
      dialect: offer.dialects[0] ?? 'channel',
      privacy,
      settlement,
      risk: riskOf(settlement, priceMsat),
      priceMsat,
      maxFeeMsat: sats(1),
      ...prompt,
      ...(priceMsat >= sats(100) || input.prompt.startsWith('Confirm') ? { confirmMsat: priceMsat } : {}),
      ...(tooDear ? { problem: 'This costs more than your limit of 100 sats a job. Choose a cheaper seller, or raise the limit in Settings.' } : {}),
    })
  }
  engine.requests['customer.renameThread'] = ({ threadId, title }) => {
    const threads = engine.getState('customer.threads')?.threads ?? {}
    const thread = threads[threadId]
    if (thread) engine.setState('customer.threads', { threads: { ...threads, [threadId]: { ...thread, title } } })
    return ok({})
  }
  const hidden = new Map<string, NonNullable<ReturnType<typeof threadOf>>>()
  const threadOf = (threadId: string) => engine.getState('customer.threads')?.threads[threadId]
  engine.requests['customer.deleteThread'] = ({ threadId, undo }) => {
    const threads = { ...engine.getState('customer.threads')?.threads }
    const thread = undo ? hidden.get(threadId) : threads[threadId]
    if (!thread) return fail('customer.unknown-thread', 'This thread is not here any more.')
    if (undo) threads[threadId] = thread
    else {
      hidden.set(threadId, thread)
      delete threads[threadId]
    }
    engine.setState('customer.threads', { threads })
    return ok({})
  }
  engine.streams['customer.watch'] = ({ jobId }, listener) => {
    const turn = turns.get(jobId)
    const watcher = (item: WatchItem) => listener.onItem(item)
    const end = () => listener.onEnd()
    const joined = watchers.get(jobId) ?? new Set()
    const ending = ends.get(jobId) ?? new Set()
    watchers.set(jobId, joined)
    ends.set(jobId, ending)
    joined.add(watcher)
    ending.add(end)
    queueMicrotask(() => {
      if (turn) listener.onItem({ type: 'snapshot', text: turn.answer, job: turn.job })
      if (!turn || turn.job.final) listener.onEnd()
    })
    return () => {
      joined.delete(watcher)
      ending.delete(end)
    }
  }
}

/** As the engine says it. */
function riskOf(settlement: Settlement, priceMsat: Msat): { riskMsat: Msat; sentence: string } {
  const price = formatSats(priceMsat)
  switch (settlement) {
    case 'prepay':
      return { riskMsat: priceMsat, sentence: `You pay ${price} sats first: all of it is at risk if the seller does not answer.` }
    case 'escrow':
      return { riskMsat: ZERO_MSAT, sentence: `${price} sats are locked, and go to the seller only once you have the answer, good or bad; otherwise they come back by themselves.` }
    case 'sealed':
      return { riskMsat: priceMsat, sentence: `You see the beginning, and pay ${price} sats to open the rest, good or bad: paying opens it, in one step.` }
    case 'metered':
      return { riskMsat: sats(6), sentence: `You pay as it comes, in small parts, up to ${price} sats: at most 6 sats are ever ahead of the answer.` }
  }
}
