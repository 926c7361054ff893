/** What a request names instead of saying it (PROTOCOL.md §4): results of other jobs, events, pages. Fetched within bounds. */
import { fail, ok, type Result } from '#shared/market/result.ts'
import { isEncrypted } from '#shared/protocol/envelope.ts'
import { tagValues, type Filter, type NostrEvent } from '#shared/protocol/event.ts'
import type { JobInput } from '#shared/protocol/jobRequest.ts'
import { parseJobResult } from '#shared/protocol/jobResult.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import { pause, unlessAborted } from '../../pause.ts'
import type { RelayPool } from '../../nostr/relayPool.ts'
import { withOwnRelays } from '../../nostr/withOwnRelays.ts'
import type { Clock } from '../../ports.ts'
import { readPublicPage } from '../../web/publicPage.ts'
import type { Web } from '../../web/web.ts'

export interface JobInputsOptions {
  readonly pool: RelayPool
  readonly clock: Clock
  /** Null: nothing is fetched from the web. */
  readonly web: Web | null
  readonly allowUrls: () => boolean
}

/** One text of all inputs, in order. Fails with a reason for the customer. Resolves in bounded time, at once when aborted. */
export type ResolveInputs = (inputs: readonly JobInput[], signal: AbortSignal) => Promise<Result<string>>

const MAX_FETCHED = 4
/** Of each input that is fetched, and of all together. */
const MAX_INPUT_BYTES = 65_536
const TIMEOUT_MS = 5_000
/** Answers to one request that are looked at: anybody can publish one. */
const MAX_RESULTS = 10
/** Events kept of one question: a relay that the request itself names may send without end. */
const MAX_KEPT = 3 * MAX_RESULTS

export function createJobInputs({ pool, clock, web, allowUrls }: JobInputsOptions): ResolveInputs {
  /** What the relays have stored, the newest first, and the one that the input names, if it does; the event of that id among it, whatever else comes. */
  async function fetchEvents(id: string, filters: readonly Filter[], relay: string | null, signal: AbortSignal): Promise<readonly NostrEvent[]> {
    const events: NostrEvent[] = []
    let kept = 0
    const caughtUp = Promise.withResolvers<null>()
    const relays = withOwnRelays(pool, 'read', relay === null ? [] : [relay])
    const subscription = pool.subscribe(filters, {
      ...(relays === undefined ? {} : { relays }),
      onEvent(event) {
        if (event.id === id || kept++ < MAX_KEPT) events.push(event)
      },
      onEose: () => caughtUp.resolve(null),
    })
    await unlessAborted(caughtUp.promise, signal)
    subscription.close()
    return events.toSorted((a, b) => b.created_at - a.created_at)
  }

  async function readJob(id: string, relay: string | null, signal: AbortSignal): Promise<Result<string>> {
    const events = await fetchEvents(id, [{ kinds: [KIND.textGenerationResult], '#e': [id], limit: MAX_RESULTS }, { kinds: [KIND.textGeneration], ids: [id] }], relay, signal)
    const asked = tagValues(events.find((event) => event.id === id)?.tags ?? [], 'p')
    const results = events.filter((event) => {
      const result = parseJobResult(event)
      // Whom the job was given to, nobody else answers.
      return result.ok && result.value.requestId === id && (asked.length === 0 || asked.includes(event.pubkey))
    })
    const readable = results.find((event) => !isEncrypted(event))
    if (readable !== undefined) return ok(readable.content)
    return results.length > 0 ? fail('input-unreadable', 'The result of another job that the request names is encrypted.') : notFound('result of another job')
  }

  async function readEvent(id: string, relay: string | null, signal: AbortSignal): Promise<Result<string>> {
    const event = (await fetchEvents(id, [{ ids: [id], limit: 1 }], relay, signal))[0]
    return event === undefined ? notFound('event') : ok(event.content)
  }

  function read({ type, value, relay }: JobInput, signal: AbortSignal): Promise<Result<string>> {
    switch (type) {
      case 'text':
        return Promise.resolve(ok(value))
      case 'job':
        return readJob(value, relay, signal)
      case 'event':
        return readEvent(value, relay, signal)
      case 'url':
        if (web === null || !allowUrls()) return Promise.resolve(fail('input-refused', 'Inputs of the type url are not taken here.'))
        return readPublicPage(web, value, MAX_INPUT_BYTES, signal)
    }
  }

  return async (inputs, signal) => {
    if (inputs.filter(({ type }) => type !== 'text').length > MAX_FETCHED) return fail('too-many-inputs', `At most ${MAX_FETCHED} inputs are fetched for one request.`)
    const deadline = new AbortController()
    const until = AbortSignal.any([signal, deadline.signal])
    void pause(clock, TIMEOUT_MS, until).then(() => deadline.abort())
    const texts = await Promise.all(inputs.map((input) => read(input, until)))
    deadline.abort()
    const failed = texts.find((text) => !text.ok)
    if (failed !== undefined) return failed
    const whole = texts.map((text) => (text.ok ? text.value : '')).join('\n\n')
    return Buffer.byteLength(whole) > MAX_INPUT_BYTES ? fail('input-too-long', `The inputs have more than ${MAX_INPUT_BYTES} bytes together.`) : ok(whole)
  }
}

function notFound(what: string) {
  return fail('input-not-found', `The ${what} that the request names was not found on the relays.`)
}
