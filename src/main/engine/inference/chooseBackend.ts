import type { backendRoutes } from '#shared/ipc/backend.ts'
import type { SnapshotOf } from '#shared/ipc/contract.ts'
import { ok, type Problem, type Result } from '#shared/market/result.ts'
import type { Clock } from '../ports.ts'
import { createSignal, type Signal } from '../signal.ts'
import type { Backend, BackendProblem, BackendStatus, Model } from './backend.ts'
import { DEFAULT_OLLAMA_URL, parseBackendUrl } from './backendUrl.ts'

export type BackendSnapshot = SnapshotOf<(typeof backendRoutes)['backend.status']>
export type BackendChoice = BackendSnapshot['choice']

/** Decides which backend does the work, and goes on looking, so that an Ollama that is started later is noticed. */
export interface BackendChooser {
  /** What the page shows. `reachable`, `version` and `models` speak of the active backend, `problem` of why it is not another. */
  readonly status: Signal<BackendSnapshot>
  /** The backend for the next job. */
  active(): Backend
  /** Ollama at the chosen address, in use or not: a model is pulled before there is one to sell. */
  ollama(): Backend
  /** Refuses a URL that cannot be one; otherwise takes effect at once and looks in the background: await `refresh` to know. */
  choose(choice: BackendChoice, url?: string): Result<null, Problem<'backend.url-invalid'>>
  /** Looks now; resolves when `status` is fresh. A look under way is joined. The first one starts with the chooser. */
  refresh(): Promise<void>
  close(): void
}

export interface BackendChooserOptions {
  readonly choice: BackendChoice
  readonly url: string
  /** Makes the adapter for a validated URL. */
  readonly ollama: (url: string) => Backend
  readonly toy: Backend
  readonly clock: Clock
}

/** While Ollama may appear at any moment. */
const DOUBT_POLL_MS = 15_000
/** While all is well: notices new models, and a server that went away between jobs. */
const CALM_POLL_MS = 60_000

type Look = Result<BackendStatus, BackendProblem>
interface LookUnderWay {
  readonly promise: Promise<void>
  readonly controller: AbortController
}

export function createBackendChooser(options: BackendChooserOptions): BackendChooser {
  const { clock, toy } = options
  const firstUrl = parseBackendUrl(options.url)
  let choice = options.choice
  let url = firstUrl.ok ? firstUrl.value : DEFAULT_OLLAMA_URL
  /** Stays until a good address is given, since the default is used in its place. */
  let urlProblem = firstUrl.ok ? null : `${firstUrl.error.message} ${DEFAULT_OLLAMA_URL} is tried instead.`
  let ollama = options.ollama(url)
  let looking: LookUnderWay | null = null
  let cancelPoll: (() => void) | null = null
  let timeoutsInARow = 0
  let isClosed = false
  const status = createSignal<BackendSnapshot>(describeUnknown())

  function describeUnknown(): BackendSnapshot {
    return { choice, active: choice === 'ollama' ? 'ollama' : 'toy', url, reachable: false, models: [] }
  }

  function describe(active: 'ollama' | 'toy', look: Look, problem: string | null): BackendSnapshot {
    const shownProblem = urlProblem ?? problem ?? (look.ok ? null : look.error.message)
    return {
      choice,
      active,
      url,
      reachable: look.ok,
      ...(look.ok ? { version: look.value.version } : {}),
      ...(shownProblem === null ? {} : { problem: shownProblem }),
      models: look.ok ? look.value.models.map(toShownModel) : [],
      checkedAt: clock.now(),
    }
  }

  async function look(signal: AbortSignal): Promise<void> {
    // The engine is ready first: asking takes a while, and the first request makes Node load its whole HTTP client.
    await new Promise((resolve) => setImmediate(resolve))
    const askedChoice = choice
    const found = askedChoice === 'toy' ? null : await ollama.status(signal)
    const toyLook = await toy.status(signal)
    if (signal.aborted) return
    if (found === null) {
      status.set(describe('toy', toyLook, null))
      return
    }
    timeoutsInARow = !found.ok && found.error.code === 'backend-timeout' ? timeoutsInARow + 1 : 0
    const wasUsed = status.get().active === 'ollama' && status.get().reachable
    if (timeoutsInARow === 1 && wasUsed) {
      // One slow answer of a server at work is no stop: offers are not withdrawn for it.
      status.update((current) => ({ ...current, checkedAt: clock.now() }))
      return
    }
    const isSellable = found.ok && found.value.models.length > 0
    const noModel = found.ok && !isSellable ? 'Ollama runs and has no model to sell. Pull one, for example llama3.2.' : null
    const useOllama = askedChoice === 'ollama' || isSellable
    const reason = noModel ?? (found.ok ? null : found.error.message)
    status.set(useOllama ? describe('ollama', found, noModel) : describe('toy', toyLook, reason))
  }

  function startLook(): LookUnderWay {
    cancelPoll?.()
    cancelPoll = null
    const controller = new AbortController()
    const promise = look(controller.signal).finally(() => {
      if (controller.signal.aborted || isClosed) return
      looking = null
      planPoll()
    })
    looking = { promise, controller }
    return looking
  }

  function planPoll(): void {
    if (choice === 'toy') return
    const { active, reachable, models } = status.get()
    const isCalm = active === 'ollama' && reachable && models.length > 0 && timeoutsInARow === 0
    cancelPoll = clock.after(isCalm ? CALM_POLL_MS : DOUBT_POLL_MS, startLook)
  }

  async function refresh(): Promise<void> {
    if (isClosed) return
    const { promise, controller } = looking ?? startLook()
    await promise
    // Another choice has dropped that look: the one that took its place is the one to wait for.
    if (controller.signal.aborted) await refresh()
  }

  startLook()
  return {
    status,
    active: () => (status.get().active === 'ollama' ? ollama : toy),
    ollama: () => ollama,
    choose(nextChoice, nextUrl) {
      const parsed = parseBackendUrl(nextUrl ?? url)
      if (!parsed.ok) return parsed
      if (isClosed) return ok(null)
      const isSame = nextChoice === choice && parsed.value === url
      if (nextUrl !== undefined) urlProblem = null
      looking?.controller.abort()
      choice = nextChoice
      if (parsed.value !== url) {
        url = parsed.value
        ollama = options.ollama(url)
      }
      timeoutsInARow = 0
      if (!isSame) status.set(describeUnknown())
      startLook()
      return ok(null)
    },
    refresh,
    close() {
      isClosed = true
      looking?.controller.abort()
      cancelPoll?.()
      cancelPoll = null
    },
  }
}

/** In the page's contract what is not known is left out; a state holds no null. */
function toShownModel(model: Model): BackendSnapshot['models'][number] {
  return {
    name: model.name,
    ...(model.sizeBytes === null ? {} : { sizeBytes: model.sizeBytes }),
    ...(model.quantization === null ? {} : { quantization: model.quantization }),
    ...(model.parameters === null ? {} : { parameters: model.parameters }),
    ...(model.contextTokens === null ? {} : { contextTokens: model.contextTokens }),
    ...(model.digest === null ? {} : { digest: model.digest }),
  }
}
