/** Where Electron starts: the real Electron into the shell. Everything that can be proven without it is elsewhere. */
import * as electron from 'electron'
import { openDesktopSecrets } from './secrets.ts'
import type { ElectronLike } from './shell.ts'
import type { UpdaterLike } from './updater.ts'

export function realElectron(iconPath: string): ElectronLike<electron.Menu> {
  return {
    app: electron.app,
    protocol: electron.protocol,
    ipcMain: electron.ipcMain,
    session: () => electron.session.defaultSession,
    createWindow: (options) => new electron.BrowserWindow(options),
    createTray: () => new electron.Tray(iconPath),
    buildMenu: (template) => electron.Menu.buildFromTemplate(template),
    setApplicationMenu: (menu) => electron.Menu.setApplicationMenu(menu),
    workAreas: () => electron.screen.getAllDisplays().map(({ workArea }) => workArea),
    isDark: () => electron.nativeTheme.shouldUseDarkColors,
    openExternal: (url) => electron.shell.openExternal(url),
    showError: (title, text) => electron.dialog.showErrorBox(title, text),
  }
}

/** The system's keyring; to be asked once the app is ready. */
export const openRealSecrets = (folder: string, allowPlain: boolean) => openDesktopSecrets({ safeStorage: electron.safeStorage, platform: process.platform, folder, allowPlain })

/** Loaded when first used: most starts never need it. */
export async function loadRealUpdater(): Promise<UpdaterLike> {
  const { autoUpdater } = await import('electron-updater')
  return autoUpdater
}
