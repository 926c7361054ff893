/** Typed calls to the worker: each with a timeout of its own and cancellable, none that hangs, whatever the worker does. */
import { safeParse } from '#shared/safeParse.ts'
import { pause } from '../../pause.ts'
import type { Clock, Log } from '../../ports.ts'
import { SPARK_METHODS, sparkMessageSchema, type SparkError, type SparkEvent, type SparkMethod, type SparkParams, type SparkResult } from './protocol.ts'
import type { SdkConnection } from './sdk.ts'
import type { SparkThread, StartSparkThread } from './thread.ts'

export type SparkReply<T> =
  | { readonly kind: 'result'; readonly value: T }
  /** The SDK refused or failed: its words say which. */
  | { readonly kind: 'error'; readonly error: SparkError }
  /** The worker never heard of it. */
  | { readonly kind: 'unsent'; readonly reason: string }
  /** It was asked, and nobody knows what came of it. */
  | { readonly kind: 'timeout' | 'died' | 'garbled' | 'cancelled' }

export interface CallOptions {
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

export interface SparkClient {
  /** The first call starts the worker, which loads the SDK. */
  call<Method extends CallableMethod>(method: Method, params: SparkParams<Method>, options?: CallOptions): Promise<SparkReply<SparkResult<Method>>>
  /** Whether the `synced` event came since the worker was started: the only sign of a network (PROTOCOL.md §7). */
  isSynced(): boolean
  watch(listener: (event: SparkEvent) => void): () => void
  close(): Promise<void>
}
type CallableMethod = Exclude<SparkMethod, 'connect' | 'ping' | 'disconnect'>

export type SparkTimeouts = Readonly<Record<SparkMethod, number>>

const DEFAULT_TIMEOUTS: SparkTimeouts = {
  connect: 30_000, ping: 5_000, disconnect: 3_000, sync: 20_000, balance: 10_000, list: 10_000, parse: 10_000, sign: 10_000,
  invoice: 20_000, sparkAddress: 20_000, depositAddress: 20_000, lightningAddress: 20_000, prepare: 20_000, deposits: 20_000,
  send: 60_000, claim: 60_000, claimDeposit: 60_000,
}
const FIRST_BACKOFF_MS = 1_000
const MAX_BACKOFF_MS = 60_000
/** After so many calls in a row without an answer, the worker is replaced: its connections may be to a dead peer. */
const MAX_SILENT_CALLS = 3

export interface SparkClientOptions {
  readonly start: StartSparkThread
  readonly connection: SdkConnection
  readonly clock: Clock
  readonly log: Log
  readonly timeouts?: Partial<SparkTimeouts>
}

type Answer = Exclude<SparkReply<unknown>, { kind: 'unsent' }>
interface Running {
  readonly thread: SparkThread
  readonly pending: Map<number, (answer: Answer) => void>
  readonly connected: Promise<string | null>
  isConnected: boolean
  isSynced: boolean
}

export function createSparkClient({ start, connection, clock, log, timeouts: changed }: SparkClientOptions): SparkClient {
  const timeouts = { ...DEFAULT_TIMEOUTS, ...changed }
  const listeners = new Set<(event: SparkEvent) => void>()
  const closing = new AbortController()
  let running: Running | null = null
  let lastId = 0
  let failures = 0
  let notBefore = 0
  let silentCalls = 0

  function begin(): Running {
    const pending = new Map<number, (answer: Answer) => void>()
    const thread = start({
      onMessage: (message) => receive(now, message),
      onExit: (reason) => bury(now, reason),
    })
    const now: Running = { thread, pending, isConnected: false, isSynced: false, connected: Promise.resolve(null) }
    const connected = ask(now, 'connect', connection, timeouts.connect).then((answer) => {
      if (answer.kind === 'result') {
        now.isConnected = true
        return null
      }
      end(now)
      return answer.kind === 'error' ? `it says “${answer.error.message}”.` : answer.kind === 'died' ? 'it broke off at its start.' : 'its start takes too long.'
    })
    return Object.assign(now, { connected })
  }

  function receive(from: Running, message: unknown): void {
    const parsed = safeParse(sparkMessageSchema, message)
    if (!parsed.success) return log('warn', 'The Spark worker said something that cannot be read')
    if ('event' in parsed.data) {
      const { event } = parsed.data
      if (event.type === 'synced') {
        from.isSynced = true
        failures = 0
      }
      if (from === running) for (const listener of new Set(listeners)) listener(event)
      return
    }
    const settle = from.pending.get(parsed.data.id)
    // Nobody waits for it any more.
    if (settle === undefined) return
    settle('error' in parsed.data ? { kind: 'error', error: parsed.data.error } : { kind: 'result', value: parsed.data.value })
  }

  /** What is under way in a worker that is gone is unknown for ever; the next call starts another, not at once when they keep dying. */
  function bury(gone: Running, reason: string): void {
    for (const settle of gone.pending.values()) settle({ kind: 'died' })
    if (running !== gone) return
    running = null
    silentCalls = 0
    notBefore = clock.now() + Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** failures)
    failures += 1
    if (!closing.signal.aborted) log('warn', 'The Spark worker ended; the next call starts another', { reason: withoutValues(reason), failures })
  }

  function end(which: Running): void {
    bury(which, 'it was ended')
    which.thread.terminate().catch((error: unknown) => log('warn', 'The Spark worker does not end', { reason: String(error) }))
  }

  function ask(to: Running, method: SparkMethod, params: unknown, timeoutMs: number, signal?: AbortSignal): Promise<Answer> {
    const id = ++lastId
    return new Promise((resolve) => {
      const settle = (answer: Answer) => {
        cancelTimer()
        signal?.removeEventListener('abort', cancel)
        to.pending.delete(id)
        resolve(answer)
      }
      const cancel = () => settle({ kind: 'cancelled' })
      const cancelTimer = clock.after(timeoutMs, () => settle({ kind: 'timeout' }))
      to.pending.set(id, settle)
      signal?.addEventListener('abort', cancel)
      to.thread.post({ id, method, params })
    })
  }

  /** A worker that is connected, or why there is none. */
  async function reach(): Promise<Running | string> {
    const waitMs = notBefore - clock.now()
    // More than is ever waited: the clock was put back.
    if (running === null && waitMs > 0 && waitMs <= MAX_BACKOFF_MS) await pause(clock, waitMs, closing.signal)
    if (closing.signal.aborted) return 'it is closed.'
    try {
      const now = (running ??= begin())
      return now.isConnected ? now : ((await now.connected) ?? now)
    } catch (error) {
      return `its thread cannot be had (${error instanceof Error ? error.message : String(error)}).`
    }
  }

  async function checkAlive(suspect: Running): Promise<void> {
    silentCalls += 1
    if (silentCalls >= MAX_SILENT_CALLS) return end(suspect)
    const answer = await ask(suspect, 'ping', {}, timeouts.ping, closing.signal)
    if (answer.kind === 'timeout') end(suspect)
  }

  return {
    async call(method, params, { timeoutMs = timeouts[method], signal } = {}) {
      const ends = signal === undefined ? closing.signal : AbortSignal.any([closing.signal, signal])
      if (ends.aborted) return { kind: 'unsent', reason: 'it was cancelled.' }
      const startedAt = clock.now()
      const reached = await orAfter(reach(), clock, timeoutMs, ends)
      if (reached === null) return { kind: 'unsent', reason: 'it is still starting.' }
      if (typeof reached === 'string') return { kind: 'unsent', reason: reached }
      if (ends.aborted || running !== reached) return { kind: 'unsent', reason: 'it broke off.' }
      const answer = await ask(reached, method, params, Math.max(1, timeoutMs - (clock.now() - startedAt)), ends)
      if (answer.kind === 'timeout' && running === reached) void checkAlive(reached)
      if (answer.kind === 'result' || answer.kind === 'error') silentCalls = 0
      if (answer.kind !== 'result') return answer
      const value = safeParse(SPARK_METHODS[method].result, answer.value)
      return value.success ? { kind: 'result', value: value.data as SparkResult<typeof method> } : { kind: 'garbled' }
    },
    isSynced: () => running?.isSynced ?? false,
    watch(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    async close() {
      if (closing.signal.aborted) return
      closing.abort()
      listeners.clear()
      const last = running
      if (last === null) return
      // Its storage is safe at any moment: the goodbye is for the operators, and may hang as any other call.
      if (last.isConnected) await ask(last, 'disconnect', {}, timeouts.disconnect)
      bury(last, 'closed')
      await last.thread.terminate()
    },
  }
}

/** The SDK's complaints may quote what they were given. */
function withoutValues(text: string): string {
  return text.replaceAll(/["'`][^"'`]*["'`]|[0-9a-f]{32,}/gi, '…').slice(0, 200)
}

/** Null when time is up or nobody waits any more. */
function orAfter<T>(promise: Promise<T>, clock: Clock, delayMs: number, signal: AbortSignal): Promise<T | null> {
  return new Promise((resolve, reject) => {
    const giveUp = () => settle(null)
    const cancel = clock.after(delayMs, giveUp)
    signal.addEventListener('abort', giveUp)
    const settle = (value: T | null) => {
      cancel()
      signal.removeEventListener('abort', giveUp)
      resolve(value)
    }
    promise.then(settle, reject)
  })
}
