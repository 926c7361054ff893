import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserWindowConstructorOptions, Rectangle } from 'electron'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fakeWindow } from './testing/fakeDesktop.ts'
import { createMainWindow } from './window.ts'

describe('the window', () => {
  let dataFolder: string
  beforeEach(async () => {
    dataFolder = await mkdtemp(join(tmpdir(), 'souk-window-'))
  })
  afterEach(() => rm(dataFolder, { recursive: true }))

  function setUp(options: { staysInTray?: boolean; workAreas?: Rectangle[] } = {}) {
    const created: { options: BrowserWindowConstructorOptions; window: ReturnType<typeof fakeWindow> }[] = []
    const main = createMainWindow({
      createWindow: (windowOptions) => {
        const window = fakeWindow()
        created.push({ options: windowOptions, window })
        return window
      },
      preloadPath: '/app/preload.cjs',
      pageUrl: 'souk://app/',
      iconPath: '/app/icon.png',
      dataFolder,
      isDark: () => false,
      workAreas: () => options.workAreas ?? [{ x: 0, y: 0, width: 1_920, height: 1_080 }],
      staysInTray: () => options.staysInTray ?? false,
    })
    main.show()
    const first = created[0] ?? expect.fail('no window')
    return { main, created, first }
  }

  it('is sandboxed and isolated, without Node and without guests', () => {
    const { first } = setUp()
    expect(first.options.webPreferences).toMatchObject({ preload: '/app/preload.cjs', sandbox: true, contextIsolation: true, nodeIntegration: false, nodeIntegrationInWorker: false, nodeIntegrationInSubFrames: false, webviewTag: false, webSecurity: true })
    expect(first.window.calls).toContain('loadURL souk://app/')
  })

  it('shows itself only once the page is drawn', () => {
    const { first } = setUp()
    expect(first.options.show).toBe(false)
    expect(first.window.calls).not.toContain('show')
    first.window.emit('ready-to-show')
    expect(first.window.calls).toContain('show')
  })

  it('comes to the front when asked again, and anew when it was closed', () => {
    const { main, created, first } = setUp()
    main.show()
    expect(created).toHaveLength(1)
    expect(first.window.calls).toContain('focus')
    first.window.emit('closed')
    main.show()
    expect(created).toHaveLength(2)
  })

  it('hides instead of closing while it stays in the tray', () => {
    const staying = setUp({ staysInTray: true })
    expect(staying.first.window.emitClose()).toBe('prevented')
    expect(staying.first.window.calls).toContain('hide')
    expect(setUp().first.window.emitClose()).toBe('closes')
  })

  it('opens where it was left, unless that is on no screen any more or unreadable', async () => {
    const { first } = setUp()
    first.window.bounds = { x: 300, y: 200, width: 900, height: 700 }
    first.window.emitClose()
    expect(setUp().first.options).toMatchObject({ x: 300, y: 200, width: 900, height: 700 })
    expect(setUp({ workAreas: [{ x: 5_000, y: 0, width: 800, height: 600 }] }).first.options).not.toHaveProperty('x')
    await writeFile(join(dataFolder, 'window.json'), '{"x":"left"')
    expect(setUp().first.options).toMatchObject({ width: 1_200, height: 800 })
  })
})
