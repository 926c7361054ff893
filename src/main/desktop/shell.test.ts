import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Secrets } from '#engine/ports.ts'
import { createSignal } from '#engine/signal.ts'
import { createManualClock } from '#engine/testing/manualClock.ts'
import { waitFor } from '#main/ipc/testing/carriers.ts'
import { ELECTRON_CHANNEL } from '#shared/ipc/electronChannel.ts'
import { soukContract, type SoukContract } from '#shared/ipc/souk.ts'
import type { Handlers } from '#shared/ipc/handlers.ts'
import { fail, ok } from '#shared/market/result.ts'
import { runDesktop, type DesktopOptions } from './shell.ts'
import { fakeDesktop } from './testing/fakeDesktop.ts'

const secrets: Secrets = { protection: () => 'os', read: () => Promise.resolve(null), write: () => Promise.resolve(), remove: () => Promise.resolve() }

/** Handlers by name only: here nothing is asked of them. */
function namedHandlers(): Handlers<SoukContract> {
  const named = (verb: string) => Object.fromEntries(Object.entries(soukContract).flatMap(([name, route]) => (route.verb === verb ? [[name, verb === 'state' ? { get: () => ({}), subscribe: () => () => undefined } : () => undefined]] : [])))
  return Object.assign(JSON.parse('{}'), { requests: named('request'), streams: named('stream'), states: named('state'), events: named('event') })
}

describe('the desktop shell', () => {
  let dataFolder: string
  beforeEach(async () => {
    dataFolder = await mkdtemp(join(tmpdir(), 'souk-shell-'))
  })
  afterEach(() => rm(dataFolder, { recursive: true }))

  function setUp(overrides: Partial<DesktopOptions> = {}, fake: Parameters<typeof fakeDesktop>[0] = {}) {
    const electron = fakeDesktop(fake)
    const clock = createManualClock()
    const selling = createSignal(false)
    const engine = { closes: 0, finishClosing: () => {} }
    const closing = new Promise<void>((resolve) => (engine.finishClosing = resolve))
    const run = () =>
      runDesktop(electron, {
        platform: 'linux',
        pageFolder: dataFolder,
        preloadPath: '/app/preload.cjs',
        iconPath: '/app/icon.png',
        dataFolder,
        clock,
        log: () => undefined,
        openSecrets: () => Promise.resolve(ok(secrets)),
        startEngine: () =>
          Promise.resolve(
            ok({
              handlers: namedHandlers(),
              selling,
              close() {
                engine.closes += 1
                return closing
              },
            }),
          ),
        ...overrides,
      })
    return { electron, clock, selling, engine, run }
  }

  it('does what must be done before the app is ready before, and the rest after', async () => {
    const { electron, run } = setUp()
    await run()
    expect(electron.calls).toEqual(['enableSandbox', 'requestSingleInstanceLock', 'registerSchemesAsPrivileged', 'whenReady', 'handle', 'guardSession', 'setApplicationMenu', 'createWindow'])
    expect(electron.openContents()).toEqual({ guarded: true })
  })

  it('leaves to the instance that runs already, which comes to the front', async () => {
    const second = setUp({}, { isFirst: false })
    await second.run()
    expect(second.electron.calls).toEqual(['enableSandbox', 'requestSingleInstanceLock', 'quit', 'gone'])
    const first = setUp()
    await first.run()
    first.electron.emit('second-instance')
    expect(first.electron.windows[0]?.window.calls).toContain('focus')
  })

  it.each([
    ['is refused', () => Promise.resolve(fail('folder-in-use', 'The folder is in use by another Souk.'))],
    ['throws', () => Promise.reject(new Error('The folder is in use by another Souk.'))],
  ])('says why and leaves when the engine %s', async (_how, startEngine) => {
    const { electron, run } = setUp({ startEngine })
    await run()
    expect(electron.calls.slice(-2)).toEqual(['showError Souk could not start: The folder is in use by another Souk.', 'exit 1'])
    expect(electron.windows).toEqual([])
  })

  it('asks for the passphrase in a window of its own, which goes before the main one comes', async () => {
    const typed: string[] = []
    const { electron, run } = setUp({
      openSecrets: async (askToUnlock) => {
        const isOpen = await askToUnlock((passphrase) => {
          typed.push(passphrase)
          return Promise.resolve(passphrase === 'right' ? ok(null) : fail('secrets-locked', 'That is not the passphrase.'))
        })
        return isOpen ? ok(secrets) : fail('not-unlocked', '')
      },
    })
    const running = run()
    await waitFor(() => electron.windows.length === 1)
    const [asking] = electron.windows
    expect(asking?.window.calls).toEqual(['loadURL souk://app/unlock.html'])
    expect(asking?.options.webPreferences).toMatchObject({ sandbox: true, contextIsolation: true, nodeIntegration: false })
    const page = electron.ipc.openWindow('souk://app/unlock.html')
    const ask = (id: number, passphrase: string) => page.ipcRenderer.send(ELECTRON_CHANNEL, 'a', JSON.stringify({ type: 'request', id, route: 'unlock.open', input: { passphrase } }))
    page.ipcRenderer.send(ELECTRON_CHANNEL, 'a', '{"type":"hello","version":1}')
    ask(1, 'wrong')
    await waitFor(() => page.received.length === 2)
    expect(JSON.stringify(page.received[1])).toContain('That is not the passphrase.')
    ask(2, 'right')
    await running
    expect(typed).toEqual(['wrong', 'right'])
    expect(asking?.window.calls).toContain('close')
    electron.emit('window-all-closed')
    expect(electron.windows).toHaveLength(2)
    expect(electron.windows[1]?.window.calls).toEqual(['loadURL souk://app/'])
  })

  it('leaves without a word when the window that asks for the passphrase is closed', async () => {
    const { electron, run } = setUp({ openSecrets: async (askToUnlock) => ((await askToUnlock(() => Promise.resolve(ok(null)))) ? ok(secrets) : fail('not-unlocked', '')) })
    const running = run()
    await waitFor(() => electron.windows.length === 1)
    electron.windows[0]?.window.emit('closed')
    electron.emit('window-all-closed')
    await running
    expect(electron.calls.at(-1)).toBe('exit 0')
    expect(electron.calls.filter((call) => call.startsWith('showError'))).toEqual([])
    expect(electron.ipc.listenerCount(ELECTRON_CHANNEL)).toBe(0)
  })

  it('says why and leaves when the secrets do not open', async () => {
    const { electron, run } = setUp({ openSecrets: () => Promise.resolve(fail('passphrase-needed', 'This system has no keyring.')) })
    await run()
    expect(electron.calls.at(-1)).toBe('exit 1')
  })

  it('carries the contract to its own page only', async () => {
    const { electron, run } = setUp()
    await run()
    const hello = '{"type":"hello","version":1}'
    const [own, other] = [electron.ipc.openWindow('souk://app/'), electron.ipc.openWindow('https://evil.example/')]
    other.ipcRenderer.send(ELECTRON_CHANNEL, 'a', hello)
    own.ipcRenderer.send(ELECTRON_CHANNEL, 'b', hello)
    await waitFor(() => own.received.length === 1)
    expect(own.received).toEqual([['b', hello]])
    expect(other.received).toEqual([])
  })

  it('stays in the tray while it sells, and quits with the window otherwise', async () => {
    const { electron, selling, run } = setUp()
    await run()
    const window = electron.windows[0]?.window
    expect(window?.emitClose()).toBe('closes')
    selling.set(true)
    expect(window?.emitClose()).toBe('prevented')
    expect(electron.trays[0]).toMatchObject({ toolTip: 'Souk: selling' })
    expect(electron.trays[0]?.menu.map(({ label }) => label)).toContain('Stop selling and quit')
  })

  it('never hides a window that no tray could bring back', async () => {
    const { electron, selling, run } = setUp({}, { hasTray: false })
    await run()
    selling.set(true)
    expect(electron.windows[0]?.window.emitClose()).toBe('closes')
  })

  it('waits for the engine before it quits, once', async () => {
    const { electron, engine, run } = setUp()
    await run()
    electron.emit('window-all-closed')
    expect(electron.emitBeforeQuit()).toBe('prevented')
    expect(engine.closes).toBe(1)
    expect(electron.trays[0]?.destroyed).toBe(true)
    expect(electron.ipc.listenerCount(ELECTRON_CHANNEL)).toBe(0)
    expect(electron.calls).not.toContain('gone')
    engine.finishClosing()
    await waitFor(() => electron.calls.includes('gone'))
    expect(engine.closes).toBe(1)
  })

  it('quits all the same when the engine does not close', async () => {
    const { electron, clock, run } = setUp()
    await run()
    expect(electron.emitBeforeQuit()).toBe('prevented')
    clock.advance(10_000)
    await waitFor(() => electron.calls.includes('gone'))
  })

  it('stays without a window on a Mac, and comes back', async () => {
    const { electron, run } = setUp({ platform: 'darwin' })
    await run()
    electron.windows[0]?.window.emit('closed')
    electron.emit('window-all-closed')
    expect(electron.calls).not.toContain('quit')
    electron.emit('activate')
    expect(electron.windows).toHaveLength(2)
  })
})
