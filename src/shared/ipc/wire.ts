/**
 * What travels between a page and the engine, the same over every carrier: one JSON text a message. The page names
 * everything that it opens by an id that it never uses twice on a connection.
 */
import { z } from 'zod'
import { problemSchema } from './common.ts'

/** Both sides must speak the same one: page and engine ship together, so there is nothing to negotiate. */
export const WIRE_VERSION = 1
/** The longest message of a page, in bytes or, where a carrier has no bytes, characters: the longest prompt, escaped, fits well. */
export const MAX_CLIENT_MESSAGE_SIZE = 512 * 1024
/** Items that may be under way to the page before it asks for more. */
export const STREAM_WINDOW = 32
/** Patches of a state that may be under way: the next one waits, and grows, until the page has the last. */
export const STATE_WINDOW = 2

const idSchema = z.number().int().positive()
const routeSchema = z.string().max(100)

export const clientMessageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('hello'), version: z.number().int() }),
  z.object({ type: z.literal('request'), id: idSchema, route: routeSchema, input: z.unknown() }),
  z.object({ type: z.literal('stream'), id: idSchema, route: routeSchema, input: z.unknown() }),
  /** Mirrors a state. */
  z.object({ type: z.literal('watch'), id: idSchema, route: routeSchema }),
  /** Listens to an event. */
  z.object({ type: z.literal('listen'), id: idSchema, route: routeSchema }),
  /** There is room for `count` more items of a stream, or patches of a state. */
  z.object({ type: z.literal('credit'), id: idSchema, count: z.number().int().min(1).max(STREAM_WINDOW) }),
  z.object({ type: z.literal('cancel'), id: idSchema }),
  z.object({ type: z.literal('ping') }),
])
export type ClientMessage = z.output<typeof clientMessageSchema>

export const serverMessageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('hello'), version: z.number().int() }),
  z.object({ type: z.literal('answer'), id: idSchema, ok: z.literal(true), value: z.unknown() }),
  z.object({ type: z.literal('problem'), id: idSchema, problem: problemSchema }),
  z.object({ type: z.literal('item'), id: idSchema, item: z.unknown() }),
  z.object({ type: z.literal('end'), id: idSchema, problem: problemSchema.optional() }),
  z.object({ type: z.literal('snapshot'), id: idSchema, value: z.unknown() }),
  /** RFC 7396, against the snapshot with the patches before it. */
  z.object({ type: z.literal('patch'), id: idSchema, patch: z.unknown() }),
  z.object({ type: z.literal('event'), id: idSchema, payload: z.unknown() }),
  /** A message that could not be read, or came too early. */
  z.object({ type: z.literal('refused'), problem: problemSchema }),
  z.object({ type: z.literal('pong') }),
])
export type ServerMessage = z.output<typeof serverMessageSchema>

export type WireMessage = ClientMessage | ServerMessage

/** The text of a message, as it travels. Throws on what JSON cannot hold (a bigint, a cycle): a bug of the sender. */
export function encodeWire(message: WireMessage): string {
  return JSON.stringify(message)
}

/** The value of a text that arrived; undefined when it is no text or no JSON. */
export function decodeWire(data: unknown): unknown {
  if (typeof data !== 'string') return undefined
  try {
    return JSON.parse(data)
  } catch {
    return undefined
  }
}
