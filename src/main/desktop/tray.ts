/** The icon that stays when the window is closed: what Souk does now, and the two ways on. */
import type { MenuItemConstructorOptions } from 'electron'
import type { Signal } from '#engine/signal.ts'

/** The part of Tray used here. */
export interface TrayLike<M> {
  setToolTip(text: string): void
  setContextMenu(menu: M): void
  on(event: 'click', listener: () => void): unknown
  destroy(): void
}

export interface TrayOptions<M> {
  readonly createTray: () => TrayLike<M>
  readonly buildMenu: (template: MenuItemConstructorOptions[]) => M
  readonly selling: Signal<boolean>
  readonly onShow: () => void
  readonly onQuit: () => void
}

/** Shows the tray icon; the returned function removes it. */
export function createTray<M>({ createTray: create, buildMenu, selling, onShow, onQuit }: TrayOptions<M>): () => void {
  const tray = create()
  const show = () => {
    const status = selling.get() ? 'Selling' : 'Not selling'
    tray.setToolTip(`Souk: ${status.toLowerCase()}`)
    tray.setContextMenu(buildMenu([{ label: status, enabled: false }, { type: 'separator' }, { label: 'Open Souk', click: onShow }, { label: selling.get() ? 'Stop selling and quit' : 'Quit', click: onQuit }]))
  }
  tray.on('click', onShow)
  const stop = selling.subscribe(show)
  show()
  return () => {
    stop()
    tray.destroy()
  }
}
