/** The window that asks for the passphrase of the secrets, before there is anything else to show. */
import type { BrowserWindowConstructorOptions } from 'electron'
import type { Clock, Log } from '#engine/ports.ts'
import { attachElectronCarrier, type IpcMainLike } from '#main/ipc/electronCarrier.ts'
import { createRouter } from '#main/ipc/router.ts'
import { defineHandlers } from '#shared/ipc/handlers.ts'
import { unlockContract } from '#shared/ipc/unlock.ts'
import { ok, type Result } from '#shared/market/result.ts'
import { groundColour, safeWebPreferences, type WindowLike } from './window.ts'

/** Asks until `open` takes what was typed; false when the person closed the window instead. */
export type AskToUnlock = (open: (passphrase: string) => Promise<Result<null>>) => Promise<boolean>

export interface UnlockWindowOptions {
  readonly createWindow: (options: BrowserWindowConstructorOptions) => WindowLike
  readonly ipcMain: IpcMainLike
  readonly isPageUrl: (url: string) => boolean
  readonly preloadPath: string
  readonly iconPath: string
  readonly pageUrl: string
  readonly isDark: () => boolean
  readonly clock: Clock
  readonly log: Log
}

export function createUnlockWindow({ createWindow, ipcMain, isPageUrl, preloadPath, iconPath, pageUrl, isDark, clock, log }: UnlockWindowOptions): AskToUnlock {
  return (open) =>
    new Promise((resolve) => {
      let isOpen = false
      const window = createWindow({
        title: 'Souk',
        width: 440,
        height: 320,
        resizable: false,
        maximizable: false,
        fullscreenable: false,
        show: false,
        autoHideMenuBar: true,
        icon: iconPath,
        backgroundColor: groundColour(isDark()),
        webPreferences: safeWebPreferences(preloadPath),
      })
      const handlers = defineHandlers(unlockContract, {
        requests: {
          'unlock.open': async ({ passphrase }: { passphrase: string }) => {
            const opened = await open(passphrase)
            if (!opened.ok) return opened
            isOpen = true
            window.close()
            return ok({})
          },
        },
        streams: {},
        states: {},
        events: {},
      })
      const carrier = attachElectronCarrier({ ipcMain, router: createRouter(unlockContract, handlers, { clock, log }), isPageUrl, clock, log })
      window.once('ready-to-show', () => window.show())
      window.once('closed', () => {
        carrier.close()
        resolve(isOpen)
      })
      // A failure shows in the window itself.
      void window.loadURL(pageUrl).catch(() => {})
    })
}
