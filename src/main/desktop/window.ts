/** The one window: sandboxed, isolated, kept where the person left it. */
import { join } from 'node:path'
import { readFileSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import type { BrowserWindowConstructorOptions, Rectangle } from 'electron'

/** The part of BrowserWindow used here. */
export interface WindowLike {
  on(event: 'close', listener: (event: { preventDefault(): void }) => void): unknown
  once(event: 'ready-to-show', listener: () => void): unknown
  once(event: 'closed', listener: () => void): unknown
  loadURL(url: string): Promise<void>
  show(): void
  hide(): void
  focus(): void
  restore(): void
  isMinimized(): boolean
  isMaximized(): boolean
  isDestroyed(): boolean
  close(): void
  getNormalBounds(): Rectangle
  maximize(): void
}

export interface MainWindowOptions {
  readonly createWindow: (options: BrowserWindowConstructorOptions) => WindowLike
  readonly preloadPath: string
  readonly pageUrl: string
  readonly iconPath: string
  /** Where the window's place is remembered. */
  readonly dataFolder: string
  readonly isDark: () => boolean
  /** The screens' work areas, to tell a place that is still there. */
  readonly workAreas: () => readonly Rectangle[]
  /** Closing hides instead: selling goes on in the tray. */
  readonly staysInTray: () => boolean
}

export interface MainWindow {
  /** Brings it to the front, opening it anew when it was closed. */
  show(): void
}

const placeSchema = z.object({ x: z.number().int(), y: z.number().int(), width: z.number().int().min(360).max(20_000), height: z.number().int().min(480).max(20_000), maximized: z.boolean() })
type Place = z.output<typeof placeSchema>

/** The safe options of every window of ours. */
export function safeWebPreferences(preloadPath: string) {
  return {
    preload: preloadPath,
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webviewTag: false,
    webSecurity: true,
    allowRunningInsecureContent: false,
    navigateOnDragDrop: false,
    // Selling goes on while hidden, and so does what the page shows of it.
    backgroundThrottling: true,
  } as const
}

/** The page's own ground, so that nothing flashes before it is drawn. */
export const groundColour = (isDark: boolean) => (isDark ? '#161513' : '#fbfaf8')

export function createMainWindow(options: MainWindowOptions): MainWindow {
  const placePath = join(options.dataFolder, 'window.json')
  let window: WindowLike | null = null

  function open(): WindowLike {
    const place = readPlace(placePath, options.workAreas())
    const opened = options.createWindow({
      title: 'Souk',
      width: 1_200,
      height: 800,
      ...(place && { x: place.x, y: place.y, width: place.width, height: place.height }),
      minWidth: 360,
      minHeight: 480,
      show: false,
      autoHideMenuBar: true,
      icon: options.iconPath,
      backgroundColor: groundColour(options.isDark()),
      webPreferences: safeWebPreferences(options.preloadPath),
    })
    if (place?.maximized) opened.maximize()
    opened.once('ready-to-show', () => opened.show())
    opened.on('close', (event) => {
      writePlace(placePath, { ...opened.getNormalBounds(), maximized: opened.isMaximized() })
      if (!options.staysInTray()) return
      event.preventDefault()
      opened.hide()
    })
    opened.once('closed', () => {
      window = null
    })
    // A failure shows in the window itself.
    void opened.loadURL(options.pageUrl).catch(() => {})
    return opened
  }

  return {
    show() {
      if (!window || window.isDestroyed()) {
        window = open()
        return
      }
      if (window.isMinimized()) window.restore()
      window.show()
      window.focus()
    },
  }
}

function readPlace(path: string, workAreas: readonly Rectangle[]): Place | null {
  try {
    const place = placeSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
    // The title bar's middle must be on a screen, or nobody could move the window back.
    const grip = { x: place.x + place.width / 2, y: place.y + 16 }
    return workAreas.some((area) => grip.x >= area.x && grip.x < area.x + area.width && grip.y >= area.y && grip.y < area.y + area.height) ? place : null
  } catch {
    return null
  }
}

function writePlace(path: string, place: Place) {
  try {
    writeFileSync(path, JSON.stringify(place))
  } catch {
    // Where the window stood is not worth a word.
  }
}
