import { expect, test } from 'vitest'
import { readFrames } from './frames.ts'

test('the tasks of a page’s main thread are read, each once, and those of other threads are not', () => {
  const task = (name: string, tid: number, dur: number, tdur?: number) => ({ name, ph: 'X', pid: 1, tid, dur, ...(tdur === undefined ? {} : { tdur }) })
  const traceEvents = [
    { name: 'thread_name', ph: 'M', pid: 1, tid: 2, args: { name: 'CrRendererMain' } },
    { name: 'thread_name', ph: 'M', pid: 1, tid: 3, args: { name: 'Compositor' } },
    task('RunTask', 2, 60_000, 20_000),
    task('ThreadControllerImpl::RunTask', 2, 60_000, 20_000),
    task('Layout', 2, 5_000, 5_000),
    task('RunTask', 3, 90_000, 90_000),
    task('RunTask', 2, 4_000),
  ]
  expect(readFrames(JSON.stringify({ traceEvents }))).toEqual([{ wallMs: 60, cpuMs: 20 }, { wallMs: 4, cpuMs: 4 }])
})
