import { expect, it, vi } from 'vitest'
import type { SoukBridge } from '#shared/ipc/transport.ts'

const electron = vi.hoisted(() => {
  const exposed: Record<string, unknown> = {}
  const sent: unknown[][] = []
  return {
    exposed,
    sent,
    contextBridge: { exposeInMainWorld: (name: string, value: unknown) => (exposed[name] = value) },
    ipcRenderer: { send: (...args: unknown[]) => sent.push(args), on: () => undefined, removeListener: () => undefined },
  }
})
vi.mock('electron', () => electron)

it('gives the page two functions and nothing of Electron', async () => {
  await import('./preload.ts')
  expect(Object.keys(electron.exposed)).toEqual(['souk'])
  const bridge = electron.exposed['souk'] as SoukBridge
  expect(Object.keys(bridge)).toEqual(['connect', 'send'])
  bridge.send('before there is a connection')
  expect(electron.sent).toEqual([])
  const end = bridge.connect(
    () => undefined,
    () => undefined,
  )
  bridge.send('text')
  end()
  end()
  expect(electron.sent).toEqual([
    ['souk:ipc', expect.stringMatching(/^[0-9a-f]{32}$/), 'text'],
    ['souk:ipc', expect.stringMatching(/^[0-9a-f]{32}$/), null],
  ])
})
