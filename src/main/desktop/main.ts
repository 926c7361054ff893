/** Where Electron starts: the real Electron into the shell. Everything that can be proven without it is elsewhere. */
import * as electron from 'electron'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { findFolders } from '#main/headless/folders.ts'
import { createStderrLog, systemClock, systemRandom } from '#main/headless/nodePorts.ts'
import { openDesktopSecrets } from './secrets.ts'
import { runDesktop, type ElectronLike } from './shell.ts'
import { startDesktopEngine } from './startEngine.ts'

function realElectron(trayIconPath: string): ElectronLike<electron.Menu> {
  return {
    app: electron.app,
    protocol: electron.protocol,
    ipcMain: electron.ipcMain,
    session: () => electron.session.defaultSession,
    createWindow: (options) => new electron.BrowserWindow(options),
    createTray: () => new electron.Tray(trayIconPath),
    buildMenu: (template) => electron.Menu.buildFromTemplate(template),
    setApplicationMenu: (menu) => electron.Menu.setApplicationMenu(menu),
    workAreas: () => electron.screen.getAllDisplays().map(({ workArea }) => workArea),
    isDark: () => electron.nativeTheme.shouldUseDarkColors,
    openExternal: (url) => electron.shell.openExternal(url),
    showError: (title, text) => electron.dialog.showErrorBox(title, text),
  }
}

const { values } = parseArgs({ strict: false, options: { data: { type: 'string' }, verbose: { type: 'boolean' } } })
const folders = findFolders({ data: typeof values.data === 'string' ? values.data : undefined, usual: 'desktop' })
// One window a folder: the lock of a second Souk elsewhere is not this one's.
electron.app.setPath('userData', join(folders.data, 'window'))
const log = createStderrLog(values.verbose === true ? 'debug' : 'warn')
const pageFolder = join(import.meta.dirname, '..', 'renderer')
const devUrl = process.env['ELECTRON_RENDERER_URL']

void runDesktop(realElectron(join(pageFolder, process.platform === 'darwin' ? 'trayTemplate.png' : 'tray.png')), {
  platform: process.platform,
  pageFolder,
  preloadPath: join(import.meta.dirname, '..', 'preload', 'preload.cjs'),
  iconPath: join(pageFolder, 'icon-512.png'),
  dataFolder: folders.data,
  ...(devUrl === undefined ? {} : { devUrl }),
  clock: systemClock,
  log,
  // On the sandbox nothing is worth stealing: without a keyring the phrase rests in plain text there, and the page says so.
  openSecrets: (askToUnlock) => openDesktopSecrets({ safeStorage: electron.safeStorage, platform: process.platform, folder: folders.data, allowPlain: true, random: systemRandom, askToUnlock }),
  startEngine: (secrets) => startDesktopEngine({ folders, secrets, log }),
})
