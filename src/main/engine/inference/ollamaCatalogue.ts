import type { Log } from '../ports.ts'
import { fail, ok, type Result } from '#shared/market/result.ts'
import type { BackendProblem, BackendStatus, Model } from './backend.ts'
import type { CallOptions } from './ollamaCall.ts'
import { openCall } from './ollamaCall.ts'
import { isCloudEntry, isCloudName, parseShow, parseTags, toModel, type ModelTraits, type TagEntry } from './ollamaModels.ts'
import { BackendFault, describePlace } from './ollamaProblems.ts'

const STATUS_TIMEOUT_MS = 5000
const SHOWN_AT_ONCE = 4
const MAX_ANSWER_BYTES = 16 * 1_048_576

export interface Catalogue {
  status(cancel?: AbortSignal): Promise<Result<BackendStatus, BackendProblem>>
  /** What is known of a model that a job asks for. Asks the server once per model. */
  traitsOf(name: string, cancel: AbortSignal): Promise<Result<ModelTraits, BackendProblem>>
}

/** What the server has, and which of it may be sold. /api/show is asked once per digest, because it is slow for many models. */
export function createCatalogue(base: Pick<CallOptions, 'url' | 'fetch' | 'clock'>, log: Log): Catalogue {
  let traitsByDigest = new Map<string, ModelTraits>()
  let traitsByName = new Map<string, ModelTraits>()

  async function ask(model: string | null, cancel: AbortSignal | null, run: (client: Awaited<ReturnType<typeof openCall>>['client']) => Promise<unknown>): Promise<Result<unknown, BackendProblem>> {
    const call = await openCall({ ...base, task: 'status', body: 'json', maxBytes: MAX_ANSWER_BYTES, model, cancel })
    try {
      call.arm(STATUS_TIMEOUT_MS, () => new BackendFault('backend-timeout', `Ollama accepts connections ${describePlace(base.url)} and does not answer. Restart it, or choose another backend.`))
      return ok(await run(call.client))
    } catch (error) {
      return { ok: false, error: call.explain(error, false) }
    } finally {
      call.close()
    }
  }

  async function show(entry: Pick<TagEntry, 'name' | 'details'>, cancel: AbortSignal | null): Promise<Result<ModelTraits, BackendProblem>> {
    const answer = await ask(entry.name, cancel, (client) => client.show({ model: entry.name }))
    if (!answer.ok) return answer
    const traits = parseShow(answer.value, entry)
    return traits === null ? fail('backend-misbehaved', `Ollama's description of "${entry.name}" cannot be read.`) : ok(traits)
  }

  return {
    async status(cancel) {
      const signal = cancel ?? null
      const versionAnswer = await ask(null, signal, (client) => client.version())
      if (!versionAnswer.ok) return versionAnswer
      const version = readVersion(versionAnswer.value)
      if (version === null) return fail('backend-misbehaved', 'Something answers at this address, but it is not Ollama. Check the address in Settings.')
      const listAnswer = await ask(null, signal, (client) => client.list())
      if (!listAnswer.ok) return listAnswer
      const entries = parseTags(listAnswer.value)
      if (entries === null) return fail('backend-misbehaved', "Ollama's list of models cannot be read. Update Ollama, or choose another backend.")

      const local = entries.filter((entry) => !isCloudEntry(entry))
      const shown = await mapSome(local, async (entry): Promise<{ entry: TagEntry; traits: ModelTraits } | null> => {
        const known = entry.digest === undefined ? undefined : traitsByDigest.get(entry.digest)
        const traits = known === undefined ? await show(entry, signal) : ok(known)
        if (traits.ok) return { entry, traits: traits.value }
        // Not known to be sellable is not sold; the next look asks again.
        if (traits.error.code !== 'cancelled') log('warn', 'A model is left out because the server could not describe it', { model: entry.name, reason: traits.error.message })
        return null
      })
      if (signal?.aborted === true) return fail('cancelled', 'The look at the server was cancelled.')

      const models: Model[] = []
      const nextByDigest = new Map<string, ModelTraits>()
      const nextByName = new Map<string, ModelTraits>()
      for (const item of shown) {
        if (item === null) continue
        const { entry, traits } = item
        if (entry.digest !== undefined && entry.digest !== '') nextByDigest.set(entry.digest, traits)
        nextByName.set(entry.name, traits)
        if (traits.isSellable) models.push(toModel(entry, traits))
      }
      traitsByDigest = nextByDigest
      traitsByName = nextByName
      return ok({ version, models })
    },

    async traitsOf(name, cancel) {
      if (isCloudName(name)) return fail('model-missing', `"${name}" runs on Ollama's cloud, not on this computer, so Souk does not sell it.`)
      const known = traitsByName.get(name)
      const traits = known === undefined ? await show({ name, details: undefined }, cancel) : ok(known)
      if (!traits.ok) return traits
      if (known === undefined) traitsByName.set(name, traits.value)
      if (!traits.value.isSellable) return fail('model-missing', `"${name}" does not write text on this computer. Offer another model.`)
      return traits
    },
  }
}

function readVersion(answer: unknown): string | null {
  if (typeof answer !== 'object' || answer === null || !('version' in answer)) return null
  return typeof answer.version === 'string' && /^[\w.+-]{1,60}$/.test(answer.version) ? answer.version : null
}

/** Maps in order, a few at once: a server with a hundred models is not asked a hundred things in one moment. */
async function mapSome<T, R>(items: readonly T[], map: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  for (let start = 0; start < items.length; start += SHOWN_AT_ONCE) {
    results.push(...(await Promise.all(items.slice(start, start + SHOWN_AT_ONCE).map(map))))
  }
  return results
}
