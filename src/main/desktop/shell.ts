/**
 * The desktop's course from start to end: one instance, its own scheme, a guarded session, the engine, the window,
 * the tray, and a quit that waits for the engine. Electron is injected, so that this runs without it.
 */
import type { BrowserWindowConstructorOptions, MenuItemConstructorOptions, Rectangle } from 'electron'
import type { Clock, Log, Secrets } from '#engine/ports.ts'
import type { Signal } from '#engine/signal.ts'
import { attachElectronCarrier, type IpcMainLike } from '#main/ipc/electronCarrier.ts'
import { createRouter } from '#main/ipc/router.ts'
import type { Handlers } from '#shared/ipc/handlers.ts'
import { soukContract, type SoukContract } from '#shared/ipc/souk.ts'
import type { Problem, Result } from '#shared/market/result.ts'
import { PAGE_URL, handlePageScheme, pageUrlCheck, registerPageScheme, type ProtocolLike } from './pageScheme.ts'
import { guardContents, guardSession, type GuardedContents, type GuardedSession } from './permissions.ts'
import { createTray, type TrayLike } from './tray.ts'
import { createUnlockWindow, type AskToUnlock } from './unlockWindow.ts'
import { createMainWindow, type WindowLike } from './window.ts'

interface Preventable {
  preventDefault(): void
}

/** The part of Electron that the shell uses, with constructors as functions. */
export interface ElectronLike<M> {
  readonly app: {
    enableSandbox(): void
    requestSingleInstanceLock(): boolean
    whenReady(): Promise<void>
    quit(): void
    exit(code: number): void
    on(event: 'second-instance', listener: () => void): unknown
    on(event: 'activate', listener: () => void): unknown
    on(event: 'window-all-closed', listener: () => void): unknown
    on(event: 'before-quit', listener: (event: Preventable) => void): unknown
    on(event: 'web-contents-created', listener: (event: unknown, contents: GuardedContents) => void): unknown
  }
  readonly protocol: ProtocolLike
  readonly ipcMain: IpcMainLike
  /** Only there once the app is ready. */
  readonly session: () => GuardedSession
  readonly createWindow: (options: BrowserWindowConstructorOptions) => WindowLike
  readonly createTray: () => TrayLike<M>
  readonly buildMenu: (template: MenuItemConstructorOptions[]) => M
  readonly setApplicationMenu: (menu: M) => void
  readonly workAreas: () => readonly Rectangle[]
  readonly isDark: () => boolean
  readonly openExternal: (url: string) => Promise<void>
  readonly showError: (title: string, text: string) => void
}

/** What the shell needs of the engine once it runs. */
export interface DesktopEngine {
  readonly handlers: Handlers<SoukContract>
  /** While true, closing the window leaves Souk in the tray. */
  readonly selling: Signal<boolean>
  close(): Promise<void>
}

export interface DesktopOptions {
  readonly platform: NodeJS.Platform
  readonly pageFolder: string
  readonly preloadPath: string
  readonly iconPath: string
  readonly dataFolder: string
  /** The development server's address; only an unpackaged app is given one. */
  readonly devUrl?: string
  readonly clock: Clock
  readonly log: Log
  /** Called once the app is ready: only then the system's keyring can be asked. */
  readonly openSecrets: (askToUnlock: AskToUnlock) => Promise<Result<Secrets>>
  readonly startEngine: (secrets: Secrets) => Promise<Result<DesktopEngine>>
}

const CLOSE_WITHIN_MS = 10_000

/** Runs the desktop. To be called before the app is ready; resolves when the window is there, or when there will be none. */
export async function runDesktop<M>(electron: ElectronLike<M>, options: DesktopOptions): Promise<void> {
  const { app } = electron
  const { clock, log } = options
  app.enableSandbox()
  if (!app.requestSingleInstanceLock()) {
    app.quit()
    return
  }
  registerPageScheme(electron.protocol)
  const isPageUrl = pageUrlCheck(options.devUrl)
  const openExternal = (url: string) => void electron.openExternal(url).catch(() => log('warn', 'desktop: no browser opened the address'))
  app.on('web-contents-created', (_event, contents) => guardContents(contents, { isPageUrl, openExternal, log }))

  await app.whenReady()
  handlePageScheme(electron.protocol, options.pageFolder)
  guardSession(electron.session(), { isPageUrl, log })
  electron.setApplicationMenu(electron.buildMenu(menuTemplate(options.platform)))

  let hasStarted = false
  app.on('window-all-closed', () => {
    // The one that asks for the passphrase goes before the main one comes.
    if (hasStarted && options.platform !== 'darwin') app.quit()
  })
  const pageUrl = options.devUrl ?? PAGE_URL
  const askToUnlock = createUnlockWindow({ createWindow: (windowOptions) => electron.createWindow(windowOptions), ipcMain: electron.ipcMain, isPageUrl, preloadPath: options.preloadPath, iconPath: options.iconPath, pageUrl: new URL('unlock.html', pageUrl).href, isDark: () => electron.isDark(), clock, log })
  const started = await startEngine(options, askToUnlock)
  if (!started.ok && started.error.code === 'not-unlocked') {
    app.exit(0)
    return
  }
  if (!started.ok) {
    log('error', 'desktop: Souk could not start', { code: started.error.code })
    electron.showError('Souk could not start', started.error.message)
    app.exit(1)
    return
  }
  hasStarted = true
  const engine = started.value
  const router = createRouter(soukContract, engine.handlers, { clock, log })
  const carrier = attachElectronCarrier({ ipcMain: electron.ipcMain, router, isPageUrl, clock, log })

  let quitting = false
  let finished = false
  let removeTray: (() => void) | null = null
  const window = createMainWindow({
    createWindow: (windowOptions) => electron.createWindow(windowOptions),
    preloadPath: options.preloadPath,
    pageUrl,
    iconPath: options.iconPath,
    dataFolder: options.dataFolder,
    isDark: () => electron.isDark(),
    workAreas: () => electron.workAreas(),
    staysInTray: () => !quitting && removeTray !== null && engine.selling.get(),
  })
  removeTray = showTray(electron, engine, () => window.show(), log)
  app.on('second-instance', () => window.show())
  app.on('activate', () => window.show())
  app.on('before-quit', (event) => {
    // The engine puts its work down first; then this comes again.
    if (finished) return
    event.preventDefault()
    if (quitting) return
    quitting = true
    void finish()
  })
  window.show()

  async function finish(): Promise<void> {
    removeTray?.()
    removeTray = null
    carrier.close()
    await closeEngine(engine, clock, log)
    finished = true
    app.quit()
  }
}

/** Waits for the engine, but not for ever: whatever it was about is stored, and goes on at the next start. */
function closeEngine(engine: DesktopEngine, clock: Clock, log: Log): Promise<void> {
  return new Promise((resolve) => {
    const giveUp = clock.after(CLOSE_WITHIN_MS, () => {
      log('warn', 'desktop: the engine did not close in time')
      resolve()
    })
    engine
      .close()
      .catch((error: unknown) => log('error', 'desktop: the engine did not close well', { error: error instanceof Error ? error.message : String(error) }))
      .finally(() => {
        giveUp()
        resolve()
      })
  })
}

async function startEngine({ openSecrets, startEngine: start }: DesktopOptions, askToUnlock: AskToUnlock): Promise<Result<DesktopEngine>> {
  try {
    const secrets = await openSecrets(askToUnlock)
    return secrets.ok ? await start(secrets.value) : secrets
  } catch (error) {
    const problem: Problem = { code: 'start-failed', message: error instanceof Error ? error.message : String(error) }
    return { ok: false, error: problem }
  }
}

/** Not every desktop has a tray; without one, Souk lives in its window. */
function showTray<M>(electron: ElectronLike<M>, engine: DesktopEngine, onShow: () => void, log: Log): (() => void) | null {
  try {
    return createTray({ createTray: () => electron.createTray(), buildMenu: (template) => electron.buildMenu(template), selling: engine.selling, onShow, onQuit: () => electron.app.quit() })
  } catch (error) {
    log('warn', 'desktop: there is no tray here', { error: error instanceof Error ? error.message : String(error) })
    return null
  }
}

/** What makes the usual keys work: copy and paste, zoom, full screen, quit. */
function menuTemplate(platform: NodeJS.Platform): MenuItemConstructorOptions[] {
  const view: MenuItemConstructorOptions = {
    label: 'View',
    submenu: [{ role: 'reload' }, { role: 'toggleDevTools' }, { type: 'separator' }, { role: 'resetZoom' }, { role: 'zoomIn' }, { role: 'zoomOut' }, { type: 'separator' }, { role: 'togglefullscreen' }],
  }
  const first: MenuItemConstructorOptions = platform === 'darwin' ? { role: 'appMenu' } : { role: 'fileMenu' }
  return [first, { role: 'editMenu' }, view, { role: 'windowMenu' }]
}
