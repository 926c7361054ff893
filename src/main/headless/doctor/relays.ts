/** Whether a relay answers, what it says of itself, how fast it is and what its clock says. */
import { DEFAULT_POOL_LIMITS } from '#engine/nostr/poolLimits.ts'
import type { OpenWebSocket, Socket } from '#engine/ports.ts'
import { fail, ok, type Result } from '#shared/market/result.ts'
import { parseRelayInformation, type RelayInformation } from '#shared/protocol/nip11.ts'
import { fine, warn, type Finding } from './finding.ts'

const TIMEOUT_MS = 4_000
const MAX_DOCUMENT_BYTES = 65_536
const MAX_REASON_CHARS = 200
/** A relay or a reader refuses what is dated further off than this; a message older than 300 s is ignored (PROTOCOL.md §1). */
const MAX_OFFSET_SECS = 300
const NOTICEABLE_OFFSET_SECS = 30

export interface RelayLook {
  /** From a question to the first answer, over an open connection. */
  readonly latencyMs: number
  /** Why it gives strangers nothing to read, in its words; null when it does. */
  readonly refusal: string | null
}

interface Document {
  readonly document: RelayInformation | null
  /** What its HTTP server's clock is ahead of ours; null when it does not say. */
  readonly offsetSecs: number | null
}

export interface RelayReport {
  readonly finding: Finding
  readonly offsetSecs: number | null
}

/** Connects and asks for one stored event, as any client does; publishes nothing. */
export function lookAtRelay(url: string, openWebSocket: OpenWebSocket): Promise<Result<RelayLook>> {
  return new Promise((resolve) => {
    let askedAt = 0
    let socket: Socket | undefined
    const end = (result: Result<RelayLook>) => {
      clearTimeout(timer)
      resolve(result)
      socket?.close()
    }
    const timer = setTimeout(() => end(fail('timeout', `It did not answer within ${TIMEOUT_MS / 1_000} seconds.`)), TIMEOUT_MS)
    socket = openWebSocket(url, {
      onOpen() {
        askedAt = performance.now()
        socket?.send(JSON.stringify(['REQ', 'doctor', { kinds: [31990], limit: 1 }]))
      },
      onMessage(text) {
        const said = readAnswer(text)
        if (said !== null) end(ok({ latencyMs: Math.max(1, Math.round(performance.now() - askedAt)), refusal: said.refusal }))
      },
      onClose: (problem) => end(fail('closed', problem ?? 'It closed the connection without an answer.')),
    })
  })
}

/** What a message says to the question; null when it is no answer to it: a greeting, or the wish to know who we are. */
function readAnswer(text: string | null): { readonly refusal: string | null } | null {
  if (text === null || text.length > MAX_DOCUMENT_BYTES) return { refusal: null }
  const message = parseJson(text)
  const [type, , reason] = Array.isArray(message) ? message : []
  if (type === 'CLOSED') return { refusal: typeof reason === 'string' && reason !== '' ? reason.replaceAll(/\p{C}+/gu, ' ').slice(0, MAX_REASON_CHARS) : 'no reason given' }
  return type === 'EVENT' || type === 'EOSE' ? { refusal: null } : null
}

async function readDocument(url: string): Promise<Document> {
  const sentAt = Date.now()
  try {
    const response = await fetch(url.replace(/^ws/, 'http'), { headers: { accept: 'application/nostr+json' }, signal: AbortSignal.timeout(TIMEOUT_MS) })
    const middle = (sentAt + Date.now()) / 2
    const date = Date.parse(response.headers.get('date') ?? '')
    // The header has whole seconds, so what it means is half a second later on average.
    const offsetSecs = Number.isNaN(date) ? null : Math.round((date + 500 - middle) / 1_000)
    const text = await readStart(response)
    return { document: parseRelayInformation(parseJson(text)), offsetSecs }
  } catch {
    return { document: null, offsetSecs: null }
  }
}

async function readStart(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const part of response.body ?? []) {
    text += decoder.decode(part, { stream: true })
    if (text.length > MAX_DOCUMENT_BYTES) break
  }
  return text
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** `paceMs`: the least time between two events that this relay has taught the Souk of this folder; 0: it never did. */
export async function checkRelay(url: string, openWebSocket: OpenWebSocket, paceMs = 0): Promise<RelayReport> {
  const [look, { document, offsetSecs }] = await Promise.all([lookAtRelay(url, openWebSocket), readDocument(url)])
  const name = 'Relay'
  if (!look.ok) return { offsetSecs, finding: warn(name, `${url} does not work: ${look.error.message}`, 'Check the address and the network, or use another relay. The sandbox does not need it.') }
  const facts = [
    `${look.value.latencyMs} ms`,
    document === null ? 'no NIP-11 document' : document.name === null ? 'NIP-11' : `“${document.name.slice(0, 60)}”`,
    ...(document === null ? [] : describeLimits(document)),
    ...(paceMs > 0 ? [`asked for one event per ${paceMs / 1_000} s`] : []),
    ...(offsetSecs !== null && Math.abs(offsetSecs) >= NOTICEABLE_OFFSET_SECS ? [`its clock ${Math.abs(offsetSecs)} s ${offsetSecs > 0 ? 'ahead' : 'behind'}`] : []),
  ]
  const line = `${url} answers (${facts.join(', ')})`
  const limits = document?.limitation
  const { refusal } = look.value
  const asksWho = limits?.authRequired === true || refusal?.startsWith('auth-required') === true
  if (refusal !== null && !asksWho) return { offsetSecs, finding: warn(name, `${line}, and refuses to be read: ${refusal}`, 'Read and write where it lets you, or ask who runs it.') }
  if (limits?.paymentRequired === true) return { offsetSecs, finding: warn(name, `${line}, and takes events of paying members only.`, 'Sell and buy where it lets you write, or join it.') }
  if (limits !== undefined && limits.minPowBits > DEFAULT_POOL_LIMITS.maxPowBits) return { offsetSecs, finding: warn(name, `${line}: more work than Souk does (${DEFAULT_POOL_LIMITS.maxPowBits} bits), so nothing is published there.`, 'Only read it, and write elsewhere.') }
  if (asksWho) return { offsetSecs, finding: fine(name, `${line}, and asks who you are (NIP-42), which Souk answers`) }
  return { offsetSecs, finding: fine(name, line) }
}

/** What it takes at once, as far as it says. */
function describeLimits({ limitation }: RelayInformation): string[] {
  const { maxMessageBytes, maxContentChars, minPowBits, createdAtUpperSecs } = limitation
  return [
    ...(maxMessageBytes === null ? [] : [`messages up to ${maxMessageBytes} bytes`]),
    ...(maxContentChars === null ? [] : [`text up to ${maxContentChars} characters`]),
    ...(minPowBits === 0 ? [] : [`${minPowBits} bits of work an event`]),
    ...(createdAtUpperSecs === null ? [] : [`dates up to ${createdAtUpperSecs} s ahead`]),
  ]
}

/** By the relays that say what time it is, and by the age of our own program. */
export function checkClock(offsets: readonly number[], nowMs: number, programMs: number): Finding {
  if (nowMs < programMs - 86_400_000) {
    return warn('Clock', `This machine says ${new Date(nowMs).toISOString().slice(0, 16)}, which is before Souk was built.`, 'Set the clock: others ignore what is dated more than five minutes off.')
  }
  const farthest = offsets.toSorted((a, b) => Math.abs(b) - Math.abs(a))[0]
  if (farthest === undefined) return fine('Clock', 'no relay elsewhere to compare it with')
  const words = `${Math.abs(farthest)} s ${farthest > 0 ? 'behind' : 'ahead of'} a relay`
  if (Math.abs(farthest) < NOTICEABLE_OFFSET_SECS) return fine('Clock', `within ${Math.max(1, Math.abs(farthest))} s of the relays`)
  const effect = Math.abs(farthest) >= MAX_OFFSET_SECS ? 'so others ignore what this machine sends.' : 'and from five minutes on others ignore what this machine sends.'
  return warn('Clock', `It is ${words}, ${effect}`, 'Set the clock, best by turning on network time.')
}
