/** Reads the tasks of a page's main thread out of a browser's trace. Pure. */
import { z } from 'zod'

export interface PageTask {
  /** By the clock on the wall: includes what other programs took. */
  readonly wallMs: number
  /** Processor time of the thread: the page's own doing. */
  readonly cpuMs: number
}

const MICROSECONDS = 1_000
const traceSchema = z.object({
  traceEvents: z.array(
    z.object({
      name: z.string(),
      ph: z.string(),
      pid: z.number(),
      tid: z.number(),
      dur: z.number().optional(),
      tdur: z.number().optional(),
      args: z.record(z.string(), z.unknown()).optional(),
    }),
  ),
})

/** The tasks of every page's main thread, `CrRendererMain` in the trace's own words: script, style, layout and paint of a frame. */
export function readFrames(trace: string): readonly PageTask[] {
  const { traceEvents } = traceSchema.parse(JSON.parse(trace))
  const threadOf = (event: { readonly pid: number; readonly tid: number }) => `${event.pid}/${event.tid}`
  const mains = new Set(traceEvents.flatMap((event) => (event.name === 'thread_name' && event.args?.['name'] === 'CrRendererMain' ? [threadOf(event)] : [])))
  const tasks = traceEvents.filter((event) => event.ph === 'X' && event.name === 'RunTask' && mains.has(threadOf(event)))
  return tasks.map(({ dur = 0, tdur }) => ({ wallMs: dur / MICROSECONDS, cpuMs: (tdur ?? dur) / MICROSECONDS }))
}
