import { startOfDay } from '#engine/spending/startOfDay.ts'
import type { Engine } from '#engine/engine.ts'
import type { PullItem } from '#engine/inference/backend.ts'
import type { InputOf, SnapshotOf } from '#shared/ipc/contract.ts'
import { ProblemError } from '#shared/ipc/handlers.ts'
import type { SoukContract } from '#shared/ipc/souk.ts'
import { addMsat, msat, ZERO_MSAT, type Msat } from '#shared/market/msat.ts'
import { fail, ok, type Result } from '#shared/market/result.ts'
import { deriveState } from './derivedState.ts'

type Input<K extends keyof SoukContract> = InputOf<SoukContract[K]>
const DAY_MS = 86_400_000

export function providerHandlers({ provider, backend, clock, journal, books, preferences, jobChanged }: Engine) {
  /** Read from the journal when a sale has changed or the day has, not whenever a running job shows progress. */
  let known: { readonly today: number; readonly earnings: SnapshotOf<SoukContract['provider.status']>['earnings'] } | null = null
  jobChanged.listen((row) => {
    if (row.role === 'provider') known = null
  })
  function earnings() {
    const today = startOfDay(clock.now())
    if (known?.today !== today) {
      const totalMsat = -(books.balances().earned ?? 0)
      known = {
        today,
        earnings: { today: provider.earnings(today), week: provider.earnings(startOfDay(today - 6 * DAY_MS)), total: { earnedMsat: msat(Math.max(0, totalMsat)), jobs: journal.settledTotal('provider').jobs } },
      }
    }
    return known.earnings
  }

  const answered = (result: Result<unknown>) => (result.ok ? ok({}) : result)
  return {
    requests: {
      'provider.start': async () => answered(await provider.start()),
      'provider.stop': async () => {
        await provider.stop()
        return ok({})
      },
      'provider.setTerms': (change: Input<'provider.setTerms'>) => {
        provider.setTerms(Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)))
        return ok({})
      },
      'provider.setChannel': ({ channelId }: Input<'provider.setChannel'>) => {
        provider.setChannel(channelId ?? null)
        return ok({})
      },
      'provider.earnings': ({ days }: Input<'provider.earnings'>) => ok({ days: earningsByDay(journal.earned(startOfDay(clock.now() - (days - 1) * DAY_MS)), days, clock.now()) }),
      'provider.cancelJob': ({ jobId }: Input<'provider.cancelJob'>) => answered(provider.cancelJob(jobId)),
      'provider.retryJob': ({ jobId }: Input<'provider.retryJob'>) => answered(provider.retryJob(jobId)),
      'provider.writeOffJob': ({ jobId, note }: Input<'provider.writeOffJob'>) => answered(provider.writeOffJob(jobId, note)),
      'backend.choose': ({ choice, url }: Input<'backend.choose'>) => {
        const chosen = backend.choose(choice, url)
        if (!chosen.ok) return chosen
        preferences.chooseBackend(choice, backend.status.get().url)
        return ok({})
      },
      'backend.refresh': async () => {
        await backend.refresh()
        return ok({})
      },
    },
    streams: {
      'backend.pull': async function* ({ model }: Input<'backend.pull'>, signal: AbortSignal): AsyncIterable<PullItem> {
        const puller = backend.ollama()
        if (!puller.pull) throw new ProblemError(fail('backend.cannot-pull', 'This backend has nothing to pull.').error)
        yield* puller.pull(model, signal)
        await backend.refresh()
      },
    },
    states: {
      'provider.status': deriveState([provider.status, backend.status, { subscribe: (listener) => jobChanged.listen(() => listener()) }], () => {
        const { selling, since, problem, channelId, terms, announcedAt, jobs } = provider.status.get()
        return {
          selling,
          terms,
          offeredModels: [...provider.offeredModels()],
          dialects: [...provider.spokenDialects()],
          settlements: [...provider.spokenSettlements()],
          earnings: earnings(),
          jobs: { ...jobs },
          ...(since === null ? {} : { since }),
          ...(problem === null ? {} : { problem }),
          ...(channelId === null ? {} : { channelId }),
          ...(announcedAt === null ? {} : { announcedAt }),
        }
      }),
      'backend.status': backend.status,
    },
  }
}

function earningsByDay(earned: readonly { readonly at: number; readonly amountMsat: Msat }[], days: number, nowMs: number) {
  const rows = new Map<string, { day: string; earnedMsat: Msat; jobs: number }>()
  for (let back = days - 1; back >= 0; back--) {
    const date = new Date(nowMs)
    date.setDate(date.getDate() - back)
    const day = localDay(date)
    rows.set(day, { day, earnedMsat: ZERO_MSAT, jobs: 0 })
  }
  for (const { at, amountMsat } of earned) {
    const row = rows.get(localDay(new Date(at)))
    if (!row) continue
    row.earnedMsat = addMsat(row.earnedMsat, amountMsat)
    row.jobs += 1
  }
  return [...rows.values()]
}

function localDay(date: Date): string {
  const pad = (value: number) => String(value).padStart(2, '0')
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`
}
