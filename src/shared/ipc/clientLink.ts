/** Keeps a page's connection: hello, pings, and a new attempt after growing pauses when it drops. */
import type { Problem } from '../market/result.ts'
import { safeParse } from '../safeParse.ts'
import type { Transport } from './transport.ts'
import { WIRE_VERSION, decodeWire, encodeWire, serverMessageSchema, type ClientMessage, type ServerMessage } from './wire.ts'

export type ConnectionState = 'connecting' | 'open' | 'closed'
/** What is said of something that was asked for, rather than of the connection. */
export type LinkMessage = Exclude<ServerMessage, { type: 'hello' | 'refused' | 'pong' }>

export interface LinkOptions {
  readonly transport: Transport
  readonly after: (delayMs: number, run: () => void) => () => void
  readonly random: () => number
  /** It is open: called before those who watch the state, so that what waited goes first. */
  readonly onOpen: () => void
  readonly onMessage: (message: LinkMessage) => void
  /** It was open, or is over for good: what was under way cannot be continued. The state is `closed` already. */
  readonly onLost: () => void
  readonly onDrop: (reason: string) => void
  readonly report: (problem: Problem) => void
}

export interface Link {
  /** Begins the first attempt. */
  start(): void
  state(): ConnectionState
  subscribe(listener: () => void): () => void
  /** Ignored while not open. */
  send(message: ClientMessage): void
  /** Ends it for good. */
  stop(): void
}

const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 10_000
const PING_EVERY_MS = 20_000
const HELLO_WITHIN_MS = 10_000

export function createLink(options: LinkOptions): Link {
  const { transport, after } = options
  const watchers = new Set<() => void>()
  let state: ConnectionState = 'connecting'
  let finished = false
  let everOpen = false
  /** Counts attempts, so that a late call of an earlier one is told apart. */
  let attempt = 0
  let failures = 0
  let heard = false
  let stopPinging = () => {}
  let stopWaiting = () => {}

  function setState(next: ConnectionState, beforeTelling: () => void) {
    if (state === next) return
    state = next
    beforeTelling()
    for (const watcher of new Set(watchers)) watcher()
  }

  function send(message: ClientMessage) {
    if (state === 'open') transport.send(encodeWire(message))
  }

  function connect() {
    attempt += 1
    const mine = attempt
    // A carrier that opens and stays mute is as good as none.
    stopWaiting = after(HELLO_WITHIN_MS, () => abandon('no hello'))
    transport.open({
      onOpen: () => {
        if (mine === attempt) transport.send(encodeWire({ type: 'hello', version: WIRE_VERSION }))
      },
      onMessage: (data) => {
        if (mine === attempt) receive(data)
      },
      onClose: (reason) => {
        if (mine === attempt) drop(reason)
      },
    })
  }

  function greeted() {
    stopWaiting()
    failures = 0
    everOpen = true
    setState('open', () => {
      options.onOpen()
      ping()
    })
  }

  /** A half-open connection shows in a ping without a pong: nothing else would tell a page that only watches. */
  function ping() {
    heard = true
    const beat = () => {
      if (!heard) {
        abandon('no answer to a ping')
        return
      }
      heard = false
      send({ type: 'ping' })
      stopPinging = after(PING_EVERY_MS, beat)
    }
    stopPinging = after(PING_EVERY_MS, beat)
  }

  /** Gives up a connection that nobody closed. */
  function abandon(reason: string) {
    const mine = attempt
    transport.close()
    if (mine === attempt) drop(reason)
  }

  function drop(reason: string) {
    // From here on nothing of this attempt counts.
    attempt += 1
    stopPinging()
    stopWaiting()
    options.onDrop(reason)
    failures += 1
    const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures - 1, 10))
    stopWaiting = after(longest * (0.5 + options.random() / 2), connect)
    // Before the first success what was asked waits for it. Later a late click must not be carried out unseen.
    if (everOpen) setState('closed', () => options.onLost())
  }

  function receive(data: unknown) {
    const parsed = safeParse(serverMessageSchema, decodeWire(data))
    if (!parsed.success) {
      options.report({ code: 'protocol', message: 'Souk sent a message that this page cannot read. Reload the page.' })
      return
    }
    heard = true
    const message = parsed.data
    if (message.type === 'hello') {
      if (message.version !== WIRE_VERSION) endFor({ code: 'version', message: 'Souk was updated while this page was open. Reload the page.' })
      else if (state !== 'open') greeted()
    } else if (message.type === 'refused') {
      if (message.problem.code === 'version') endFor(message.problem)
      else options.report(message.problem)
    }
    // Until the hello, whatever else arrives belongs to an earlier connection.
    else if (state === 'open' && message.type !== 'pong') options.onMessage(message)
  }

  function endFor(problem: Problem) {
    options.report(problem)
    stop()
  }

  function stop() {
    if (finished) return
    finished = true
    attempt += 1
    stopWaiting()
    stopPinging()
    transport.close()
    if (state === 'closed') return
    setState('closed', () => options.onLost())
  }

  return {
    start: connect,
    state: () => state,
    subscribe(watcher) {
      watchers.add(watcher)
      return () => void watchers.delete(watcher)
    },
    send,
    stop,
  }
}
