/** Electron's window and app as far as the shell touches them, recording what is asked of them. */
import type { BrowserWindowConstructorOptions, MenuItemConstructorOptions, Rectangle } from 'electron'
import { createFakeElectron } from '#main/ipc/testing/fakeElectron.ts'
import type { GuardedContents } from '../permissions.ts'
import type { ElectronLike } from '../shell.ts'
import type { TrayLike } from '../tray.ts'
import type { WindowLike } from '../window.ts'

export interface FakeWindow extends WindowLike {
  readonly calls: string[]
  bounds: Rectangle
  emit(event: 'ready-to-show' | 'closed'): void
  /** As when the person closes it. */
  emitClose(): 'prevented' | 'closes'
}

export function fakeWindow(): FakeWindow {
  const calls: string[] = []
  const listeners = new Map<string, (event: { preventDefault(): void }) => void>()
  const note = (name: string) => () => void calls.push(name)
  const window: FakeWindow = {
    calls,
    bounds: { x: 0, y: 0, width: 1_200, height: 800 },
    on: (event: string, listener: (event: { preventDefault(): void }) => void) => listeners.set(event, listener),
    once: (event: string, listener: () => void) => listeners.set(event, listener),
    loadURL(url) {
      calls.push(`loadURL ${url}`)
      return Promise.resolve()
    },
    show: note('show'),
    hide: note('hide'),
    focus: note('focus'),
    restore: note('restore'),
    maximize: note('maximize'),
    close() {
      calls.push('close')
      window.emit('closed')
    },
    isMinimized: () => false,
    isMaximized: () => false,
    isDestroyed: () => false,
    getNormalBounds: () => window.bounds,
    emit: (event) => listeners.get(event)?.({ preventDefault: () => undefined }),
    emitClose() {
      let result: 'prevented' | 'closes' = 'closes'
      listeners.get('close')?.({ preventDefault: () => (result = 'prevented') })
      return result
    },
  }
  return window
}

export interface FakeDesktop extends ElectronLike<MenuItemConstructorOptions[]> {
  /** In the order in which they were asked for. */
  readonly calls: string[]
  readonly windows: { readonly window: FakeWindow; readonly options: BrowserWindowConstructorOptions }[]
  readonly trays: { menu: MenuItemConstructorOptions[]; toolTip: string; destroyed: boolean }[]
  readonly ipc: ReturnType<typeof createFakeElectron>
  emit(event: 'second-instance' | 'activate' | 'window-all-closed'): void
  /** As when the person quits. */
  emitBeforeQuit(): 'prevented' | 'quits'
  /** A web contents comes to be; answers what a window.open of it gets. */
  openContents(): { readonly guarded: boolean }
}

export function fakeDesktop(options: { isFirst?: boolean; hasTray?: boolean } = {}): FakeDesktop {
  const calls: string[] = []
  const windows: FakeDesktop['windows'] = []
  const trays: FakeDesktop['trays'] = []
  const listeners = new Map<string, (event: never, contents: never) => void>()
  const contentsListeners: ((event: unknown, contents: GuardedContents) => void)[] = []
  const quitListeners: ((event: { preventDefault(): void }) => void)[] = []
  const ipc = createFakeElectron()
  const note = (name: string) => () => void calls.push(name)
  const emitBeforeQuit = () => {
    let result: 'prevented' | 'quits' = 'quits'
    for (const listener of quitListeners) listener({ preventDefault: () => (result = 'prevented') })
    return result
  }

  function on(event: string, listener: () => void): void
  function on(event: string, listener: (event: { preventDefault(): void }) => void): void
  function on(event: string, listener: (event: unknown, contents: GuardedContents) => void): void
  function on(event: string, listener: (event: { preventDefault(): void }, contents: GuardedContents) => void) {
    if (event === 'before-quit') quitListeners.push((each) => listener(each, silentContents))
    else if (event === 'web-contents-created') contentsListeners.push((_event, contents) => listener({ preventDefault: () => undefined }, contents))
    else listeners.set(event, listener)
  }

  return {
    app: {
      enableSandbox: note('enableSandbox'),
      requestSingleInstanceLock() {
        calls.push('requestSingleInstanceLock')
        return options.isFirst ?? true
      },
      whenReady() {
        calls.push('whenReady')
        return Promise.resolve()
      },
      quit() {
        calls.push('quit')
        if (emitBeforeQuit() === 'quits') calls.push('gone')
      },
      exit: (code) => void calls.push(`exit ${code}`),
      on,
    },
    protocol: { registerSchemesAsPrivileged: note('registerSchemesAsPrivileged'), handle: note('handle') },
    ipcMain: ipc.ipcMain,
    session: () => ({ setPermissionRequestHandler: note('guardSession'), setPermissionCheckHandler: () => undefined, setDevicePermissionHandler: () => undefined, webRequest: { onBeforeRequest: () => undefined } }),
    createWindow(windowOptions) {
      calls.push('createWindow')
      const window = fakeWindow()
      windows.push({ window, options: windowOptions })
      return window
    },
    createTray() {
      if (options.hasTray === false) throw new Error('no tray')
      const tray = { menu: [] as MenuItemConstructorOptions[], toolTip: '', destroyed: false }
      trays.push(tray)
      const face: TrayLike<MenuItemConstructorOptions[]> = {
        setToolTip: (text) => void (tray.toolTip = text),
        setContextMenu: (menu) => void (tray.menu = menu),
        on: () => undefined,
        destroy: () => void (tray.destroyed = true),
      }
      return face
    },
    buildMenu: (template) => template,
    setApplicationMenu: note('setApplicationMenu'),
    workAreas: () => [{ x: 0, y: 0, width: 1_920, height: 1_080 }],
    isDark: () => false,
    openExternal: () => Promise.resolve(),
    showError: (title, text) => void calls.push(`showError ${title}: ${text}`),
    calls,
    windows,
    trays,
    ipc,
    emit(event) {
      const listener: (() => void) | undefined = listeners.get(event) as (() => void) | undefined
      listener?.()
    },
    emitBeforeQuit,
    openContents() {
      let guarded = false
      const contents: GuardedContents = { on: () => undefined, setWindowOpenHandler: () => (guarded = true) }
      for (const listener of contentsListeners) listener({}, contents)
      return { guarded }
    },
  }
}

const silentContents: GuardedContents = { on: () => undefined, setWindowOpenHandler: () => undefined }
