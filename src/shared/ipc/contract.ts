/**
 * The four verbs of the contract between the page and the engine. A route is data: a verb and its schemas. The
 * router validates both directions, so neither side believes the other. Adding a route touches the domain's file
 * here and its handler in `main/ipc`; a missing or an extra handler does not compile.
 */
import type { z } from 'zod'
import type { Problem } from '../market/result.ts'

export interface RequestRoute<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> {
  readonly verb: 'request'
  readonly input: I
  readonly output: O
}
/** Something happened; not replayed to a page that was away. */
export interface EventRoute<P extends z.ZodType = z.ZodType> {
  readonly verb: 'event'
  readonly payload: P
}
/** A cancellable sequence: items as they come, then an end or an error. */
export interface StreamRoute<I extends z.ZodType = z.ZodType, T extends z.ZodType = z.ZodType> {
  readonly verb: 'stream'
  readonly input: I
  readonly item: T
}
/** A value that the page mirrors: a snapshot, then RFC 7396 merge patches. Holds no null; lists that change are records by id. */
export interface StateRoute<S extends z.ZodType = z.ZodType> {
  readonly verb: 'state'
  readonly snapshot: S
  /** Of a state too large to be compared and checked whole: its member that is a record of rows. What changed travels row by row. */
  readonly rows?: StateRows
}
export interface StateRows {
  /** The name of the snapshot's member. */
  readonly member: string
  readonly row: z.ZodType
}
export type Route = RequestRoute | EventRoute | StreamRoute | StateRoute

export const request = <I extends z.ZodType, O extends z.ZodType>(input: I, output: O): RequestRoute<I, O> => ({ verb: 'request', input, output })
export const event = <P extends z.ZodType>(payload: P): EventRoute<P> => ({ verb: 'event', payload })
export const stream = <I extends z.ZodType, T extends z.ZodType>(input: I, item: T): StreamRoute<I, T> => ({ verb: 'stream', input, item })
export const state = <S extends z.ZodType>(snapshot: S, rows?: StateRows): StateRoute<S> => ({ verb: 'state', snapshot, ...(rows === undefined ? {} : { rows }) })

export type Contract = Readonly<Record<string, Route>>
type RoutesOf<C extends Contract, V extends Route['verb']> = { [K in keyof C as C[K] extends { verb: V } ? K : never]: C[K] }

export type RequestName<C extends Contract> = keyof RoutesOf<C, 'request'> & string
export type EventName<C extends Contract> = keyof RoutesOf<C, 'event'> & string
export type StreamName<C extends Contract> = keyof RoutesOf<C, 'stream'> & string
export type StateName<C extends Contract> = keyof RoutesOf<C, 'state'> & string

export type InputOf<R> = R extends { input: infer I extends z.ZodType } ? z.output<I> : never
export type OutputOf<R> = R extends RequestRoute<z.ZodType, infer O> ? z.output<O> : never
export type ItemOf<R> = R extends StreamRoute<z.ZodType, infer T> ? z.output<T> : never
export type SnapshotOf<R> = R extends StateRoute<infer S> ? z.output<S> : never
export type PayloadOf<R> = R extends EventRoute<infer P> ? z.output<P> : never

/** What a request answers across the wire: never an exception. `code` is `<domain>.<reason>` or one of the carrier's own. */
export type Answer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: Problem }
