import { parseRelayInformation, type RelayInformation } from '#shared/protocol/nip11.ts'
import type { Clock, Random } from '../ports.ts'
import type { FetchInformation, InformationResponse } from './fetchInformation.ts'
import type { PoolLimits } from './poolLimits.ts'
import { retryDelayMs } from './retryDelay.ts'

/** What one relay says of itself (NIP-11) and of the time (the Date of its answer). */
export interface RelayInformationReader {
  information(): RelayInformation | null
  /** How far its clock is ahead of ours; null when it does not say. */
  clockSkewSecs(): number | null
  /** The relay is being connected to: what is missing or stale is asked for, unless it was a moment ago. */
  refresh(): void
  /** It is no longer: nothing is asked until `refresh`. */
  rest(): void
}

export interface RelayInformationReaderOptions {
  readonly url: string
  readonly clock: Clock
  readonly random: Random
  /** Null: nothing is ever asked. */
  readonly fetch: FetchInformation | null
  readonly limits: Pick<PoolLimits, 'informationBytes' | 'informationTimeoutMs' | 'informationFreshMs' | 'informationRetryFirstMs' | 'informationRetryMaxMs'>
  onChange(): void
}

interface Answer {
  readonly information: RelayInformation | null
  readonly clockSkewSecs: number | null
}

export function createRelayInformationReader(options: RelayInformationReaderOptions): RelayInformationReader {
  const { url, clock, random, fetch, limits } = options
  let answer: Answer = { information: null, clockSkewSecs: null }
  let dueAtMs = Number.NEGATIVE_INFINITY
  let failures = 0
  let cancelTimer = () => {}
  let asking: AbortController | null = null

  const ask = async (fetch: FetchInformation) => {
    const mine = new AbortController()
    asking = mine
    cancelTimer = clock.after(limits.informationTimeoutMs, () => mine.abort())
    const heard = await askRelay(url, fetch, mine.signal, clock, limits.informationBytes).catch(() => null)
    // Given up meanwhile: the next one asks for itself.
    if (asking !== mine) return
    cancelTimer()
    asking = null
    const isRead = heard !== null && heard.information !== null
    failures = isRead ? 0 : failures + 1
    const delayMs = isRead ? limits.informationFreshMs : retryDelayMs(failures - 1, limits.informationRetryFirstMs, limits.informationRetryMaxMs, random)
    dueAtMs = clock.now() + delayMs
    cancelTimer = clock.after(delayMs, refresh)
    // What it once said stands until it says something else.
    if (heard !== null) answer = { information: heard.information ?? answer.information, clockSkewSecs: heard.clockSkewSecs }
    options.onChange()
  }

  const refresh = () => {
    if (fetch === null || asking !== null) return
    cancelTimer()
    const restMs = Math.min(dueAtMs - clock.now(), limits.informationFreshMs)
    if (restMs > 0) cancelTimer = clock.after(restMs, refresh)
    else void ask(fetch)
  }

  return {
    information: () => answer.information,
    clockSkewSecs: () => answer.clockSkewSecs,
    refresh,
    rest() {
      cancelTimer()
      asking?.abort()
      asking = null
    },
  }
}

async function askRelay(url: string, fetch: FetchInformation, signal: AbortSignal, clock: Clock, maxBytes: number): Promise<Answer> {
  const askedAtMs = clock.now()
  // Where it leads elsewhere it is not followed: it might lead into a private network.
  const response = await fetch(url.replace(/^ws/i, 'http'), { headers: { accept: 'application/nostr+json' }, redirect: 'error', credentials: 'omit', signal })
  const clockSkewSecs = readSkew(response.headers.get('date'), askedAtMs, clock.now())
  const text = response.ok ? await readText(response, maxBytes) : null
  if (!response.ok) await response.body?.cancel()
  return { information: text === null ? null : parseDocument(text), clockSkewSecs }
}

/** A Date header is cut to whole seconds, so half of one is added; it was written between the question and the answer. */
function readSkew(date: string | null, askedAtMs: number, answeredAtMs: number): number | null {
  const dateMs = Date.parse(date ?? '')
  return Number.isNaN(dateMs) ? null : Math.round((dateMs + 500 - (askedAtMs + answeredAtMs) / 2) / 1_000)
}

async function readText(response: InformationResponse, maxBytes: number): Promise<string | null> {
  if (response.body === null) return null
  const chunks: Uint8Array[] = []
  let bytes = 0
  // Leaving the loop early cancels the rest.
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength
    if (bytes > maxBytes) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parseDocument(text: string): RelayInformation | null {
  try {
    return parseRelayInformation(JSON.parse(text))
  } catch {
    return null
  }
}
