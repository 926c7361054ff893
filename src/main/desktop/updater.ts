/** Looks for a newer Souk now and then: only in a packaged app, and never on the sandbox unless asked. */
import type { Clock, Log } from '#engine/ports.ts'

/** The part of electron-updater used here. */
export interface UpdaterLike {
  autoDownload: boolean
  autoInstallOnAppQuit: boolean
  checkForUpdates(): Promise<unknown>
  on(event: 'update-downloaded', listener: (info: { readonly version: string }) => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
}

export interface UpdateOptions {
  readonly isPackaged: boolean
  /** The person's choice; the default of the sandbox is false, so that trying Souk calls nobody. */
  readonly enabled: boolean
  /** Loaded only when it is used. */
  readonly loadUpdater: () => Promise<UpdaterLike>
  readonly clock: Clock
  readonly log: Log
  /** A newer version was downloaded and comes with the next start. */
  readonly onReady: (version: string) => void
}

const FIRST_CHECK_MS = 60_000
const CHECK_EVERY_MS = 24 * 60 * 60 * 1_000

/** Starts looking; the returned function stops it. Nothing that fails here ever disturbs the app. */
export function startUpdates({ isPackaged, enabled, loadUpdater, clock, log, onReady }: UpdateOptions): () => void {
  if (!isPackaged || !enabled) return () => {}
  let updater: Promise<UpdaterLike> | null = null
  let stopped = false

  async function load(): Promise<UpdaterLike> {
    const loaded = await loadUpdater()
    loaded.autoDownload = true
    loaded.autoInstallOnAppQuit = true
    loaded.on('update-downloaded', ({ version }) => {
      if (!stopped) onReady(version)
    })
    // Without a listener an error event would end the app; check() reports the same error.
    loaded.on('error', () => {})
    return loaded
  }

  async function check(): Promise<void> {
    try {
      updater ??= load()
      await (await updater).checkForUpdates()
    } catch (error) {
      log('warn', 'desktop: looking for an update failed', { error: error instanceof Error ? error.message : String(error) })
    }
  }

  const next = () => {
    void check()
    stop = clock.after(CHECK_EVERY_MS, next)
  }
  let stop = clock.after(FIRST_CHECK_MS, next)
  return () => {
    stopped = true
    stop()
  }
}
