/**
 * What answers the contract: one handler a route, no more and no fewer. The engine implements this, the router
 * carries it; it lives here because the engine must not import the router.
 */
import type { Problem } from '../market/result.ts'
import type { Answer, Contract, EventName, InputOf, ItemOf, OutputOf, PayloadOf, RequestName, SnapshotOf, StateName, StreamName } from './contract.ts'

/** A watched value: the current one, then every later one. The engine's `Signal` is one. */
export interface StateSource<T> {
  get(): T
  /** Calls `listener` on every later change; the returned function ends it. */
  subscribe(listener: (value: T) => void): () => void
  /** Of a route with rows, which `get` then leaves out: the record, and which of its rows changed. */
  readonly rows?: RowSource
}
/** The engine's `KeyedSignal` is one. */
export interface RowSource {
  get(): ReadonlyMap<string, unknown>
  subscribe(listener: (changed: ReadonlySet<string>) => void): () => void
}

export interface Handlers<C extends Contract> {
  /** Answers a value or a problem. A problem's code without a dot is prefixed with the route's domain on its way out. */
  readonly requests: { readonly [K in RequestName<C>]: (input: InputOf<C[K]>) => Promise<Answer<OutputOf<C[K]>>> | Answer<OutputOf<C[K]>> }
  /** Asked for the next item only when the page has room for it. `signal` aborts when the page cancels or goes away. Throw `ProblemError` to end with a problem. */
  readonly streams: { readonly [K in StreamName<C>]: (input: InputOf<C[K]>, signal: AbortSignal) => AsyncIterable<ItemOf<C[K]>> }
  readonly states: { readonly [K in StateName<C>]: StateSource<SnapshotOf<C[K]>> }
  /** Starts listening; the returned function ends it. */
  readonly events: { readonly [K in EventName<C>]: (listener: (payload: PayloadOf<C[K]>) => void) => () => void }
}

/** The handlers of `H`, with `never` in place of every one that the contract does not know. */
type NothingExtra<H, C extends Contract> = {
  readonly [V in keyof H]: V extends keyof Handlers<C> ? { readonly [K in keyof H[V]]: K extends keyof Handlers<C>[V] ? H[V][K] : never } : never
}

/**
 * The identity, for the compiler: a missing handler, an extra one (also one that came in by a spread, which plain
 * assignment lets through) and a wrong type do not compile.
 */
export function defineHandlers<C extends Contract, const H extends Handlers<C>>(_contract: C, handlers: H & NothingExtra<H, C>): Handlers<C> {
  return handlers
}

/** Thrown by a handler to end with a problem that the page may read. Any other exception is answered as `internal`. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError'
  readonly problem: Problem
  constructor(problem: Problem) {
    super(problem.message)
    this.problem = problem
  }
}
