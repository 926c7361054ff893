import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ELECTRON_CHANNEL } from '#shared/ipc/electronChannel.ts'
import { WIRE_VERSION, encodeWire } from '#shared/ipc/wire.ts'
import type { FrameLike } from './electronCarrier.ts'
import { startElectronBench, waitFor } from './testing/carriers.ts'

const hello = encodeWire({ type: 'hello', version: WIRE_VERSION })
const add = (id: number) => encodeWire({ type: 'request', id, route: 'sum.add', input: { a: id, b: 1 } })

describe('the Electron carrier', () => {
  let bench: ReturnType<typeof startElectronBench>
  beforeEach(() => {
    bench = startElectronBench()
  })
  afterEach(() => bench.close())

  const top: FrameLike = { url: 'souk://app/index.html', parent: null }
  it.each<[string, FrameLike | null]>([
    ['another site', { url: 'https://evil.example/', parent: null }],
    ['a file', { url: 'file:///etc/passwd', parent: null }],
    ['an address that only starts alike', { url: 'souk://app.evil/index.html', parent: null }],
    ['a blank page', { url: 'about:blank', parent: null }],
    ['a frame inside our page, even of our own address', { url: 'souk://app/index.html', parent: top }],
    ['a frame that is gone', null],
  ])('does not answer %s', async (_what, frame) => {
    const window = bench.electron.openWindow()
    window.sendAs(frame, ELECTRON_CHANNEL, 'id-1', hello)
    window.sendAs(frame, ELECTRON_CHANNEL, 'id-1', add(1))
    await waitFor(() => bench.logged.filter((line) => line.includes('a frame was refused')).length === 2)
    expect(bench.connectionCount()).toBe(0)
    expect(window.received).toEqual([])
  })

  it.each([[], ['id-1'], [7, hello], ['', hello], ['x'.repeat(65), hello], [null, null]])('does not answer odd arguments %#', async (...args: unknown[]) => {
    const window = bench.electron.openWindow()
    window.sendAs(top, ELECTRON_CHANNEL, ...args)
    window.sendAs(top, ELECTRON_CHANNEL, 'id-2', hello)
    await waitFor(() => window.received.some(([id]) => id === 'id-2'))
    expect(bench.connectionCount()).toBe(1)
  })

  it('takes a page that was loaded anew for a new one, and lets nothing of the old one through', async () => {
    const { bridge, window } = bench.openBridge()
    const before: string[] = []
    const after: string[] = []
    bridge.connect(
      (text) => before.push(text),
      () => undefined,
    )
    bridge.send(hello)
    bridge.send(encodeWire({ type: 'watch', id: 1, route: 'sum.totals' }))
    await waitFor(() => before.length === 2)
    bridge.send(add(2))
    bridge.connect(
      (text) => after.push(text),
      () => undefined,
    )
    bridge.send(hello)
    await waitFor(() => after.length === 1)
    bench.sum.totals.set({ totals: { a: { total: 1 } } })
    bench.clock.advance(1_000)
    bridge.send(add(1))
    await waitFor(() => after.length === 2)
    expect(after[1]).toContain('"sum":2')
    expect(before).toHaveLength(2)
    expect(bench.connectionCount()).toBe(1)
    expect(window.received.length).toBeGreaterThan(3)
  })

  it('forgets a window that is destroyed, and sends nothing to it', async () => {
    const { bridge, window } = bench.openBridge()
    const received: string[] = []
    bridge.connect(
      (text) => received.push(text),
      () => undefined,
    )
    bridge.send(hello)
    bridge.send(encodeWire({ type: 'watch', id: 1, route: 'sum.totals' }))
    await waitFor(() => received.length === 2)
    window.destroy()
    expect(bench.connectionCount()).toBe(0)
    expect(bench.sum.seen.stateSubscribers).toBe(0)
    bench.sum.totals.set({ totals: { a: { total: 1 } } })
    bench.clock.advance(1_000)
  })

  it('drops a window that floods, tells it once, and takes nothing more from that connection', async () => {
    const { bridge, window } = bench.openBridge()
    let closed = 0
    bridge.connect(
      () => undefined,
      () => (closed += 1),
    )
    const id = String(await firstId(window.received, () => bridge.send(hello)))
    for (let n = 1; n <= 5_000; n += 1) window.sendAs(top, ELECTRON_CHANNEL, id, add(n))
    await waitFor(() => closed === 1)
    await waitFor(() => bench.connectionCount() === 0)
    window.sendAs(top, ELECTRON_CHANNEL, id, hello)
    window.sendAs(top, ELECTRON_CHANNEL, 'another', hello)
    await waitFor(() => window.received.some(([each]) => each === 'another'))
    expect(bench.connectionCount()).toBe(1)
    expect(window.received.filter(([, text]) => text === null)).toHaveLength(1)
  })

  it('stops listening when it closes', () => {
    bench.carrier.close()
    expect(bench.electron.listenerCount(ELECTRON_CHANNEL)).toBe(0)
  })
})

async function firstId(received: unknown[][], send: () => void): Promise<unknown> {
  send()
  await waitFor(() => received.length > 0)
  return received[0]?.[0]
}
