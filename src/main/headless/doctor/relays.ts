/** Whether a relay answers, what it says of itself, how fast it is and what its clock says. */
import { z } from 'zod'
import type { OpenWebSocket, Socket } from '#engine/ports.ts'
import { fail, ok, type Result } from '#shared/market/result.ts'
import { fine, warn, type Finding } from './finding.ts'

const TIMEOUT_MS = 4_000
const MAX_DOCUMENT_BYTES = 65_536
/** A relay or a reader refuses what is dated further off than this; a message older than 300 s is ignored (PROTOCOL.md §1). */
const MAX_OFFSET_SECS = 300
const NOTICEABLE_OFFSET_SECS = 30

const documentSchema = z.object({
  name: z.string().max(200).catch(''),
  limitation: z.object({ auth_required: z.boolean().catch(false), payment_required: z.boolean().catch(false) }).catch({ auth_required: false, payment_required: false }),
})

export interface RelayLook {
  /** From a question to the first answer, over an open connection. */
  readonly latencyMs: number
}

interface Document {
  readonly document: z.output<typeof documentSchema> | null
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
      onMessage: () => end(ok({ latencyMs: Math.max(1, Math.round(performance.now() - askedAt)) })),
      onClose: (problem) => end(fail('closed', problem ?? 'It closed the connection without an answer.')),
    })
  })
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
    const parsed = documentSchema.safeParse(parseJson(text))
    return { document: parsed.success ? parsed.data : null, offsetSecs }
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

export async function checkRelay(url: string, openWebSocket: OpenWebSocket): Promise<RelayReport> {
  const [look, { document, offsetSecs }] = await Promise.all([lookAtRelay(url, openWebSocket), readDocument(url)])
  const name = 'Relay'
  if (!look.ok) return { offsetSecs, finding: warn(name, `${url} does not work: ${look.error.message}`, 'Check the address and the network, or use another relay. The sandbox does not need it.') }
  const facts = [`${look.value.latencyMs} ms`, document === null ? 'no NIP-11 document' : document.name === '' ? 'NIP-11' : `“${document.name.slice(0, 60)}”`]
  const line = `${url} answers (${facts.join(', ')})`
  if (document?.limitation.payment_required === true) return { offsetSecs, finding: warn(name, `${line}, and takes events of paying members only.`, 'Sell and buy where it lets you write, or join it.') }
  if (document?.limitation.auth_required === true) return { offsetSecs, finding: fine(name, `${line}, and asks who you are (NIP-42), which Souk answers`) }
  return { offsetSecs, finding: fine(name, line) }
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
