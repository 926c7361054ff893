import { Command } from 'cmdk'
import { MessageSquareText, Moon, OctagonPause, Plus, Search, Store, Sun, SunMoon, type LucideIcon } from 'lucide-react'
import { Dialog } from 'radix-ui'
import { useEngineState } from '#renderer/state/useEngineState.ts'
import { useRequest } from '#renderer/state/useRequest.ts'
import { useView } from '#renderer/state/view.ts'
import { useReturnFocus } from '#renderer/ui/useReturnFocus.ts'
import { useStopSpending } from '#renderer/wallet/useStopSpending.ts'
import { PAGE_ENTRIES } from './pages.ts'
import { shortcutText } from './useShortcuts.ts'

const SHOWN_THREADS = 20

/** ⌘/Ctrl-K: every page, thread and everyday action by its name. */
export function CommandPalette() {
  const open = useView((view) => view.paletteOpen)
  const setOpen = useView((view) => view.setPaletteOpen)
  const { remember, onCloseAutoFocus } = useReturnFocus()
  return (
    <Dialog.Root open={open} onOpenChange={setOpen}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-scrim" />
        <Dialog.Content aria-describedby={undefined} onOpenAutoFocus={remember} onCloseAutoFocus={onCloseAutoFocus} className="fixed left-1/2 top-[12vh] z-40 w-[calc(100vw-32px)] max-w-xl -translate-x-1/2 overflow-hidden rounded-lg border border-line-strong bg-surface">
          <Dialog.Title className="sr-only">Command palette</Dialog.Title>
          <PaletteBody close={() => setOpen(false)} />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

function PaletteBody({ close }: { close: () => void }) {
  const view = useView()
  const threads = useEngineState('customer.threads')?.threads
  const selling = useEngineState('provider.status')?.selling
  const startSelling = useRequest('provider.start', { toastProblem: true })
  const stopSelling = useRequest('provider.stop', { toastProblem: true })
  const updateSettings = useRequest('settings.update', { toastProblem: true })
  const stopped = useEngineState('wallet.status')?.spendingStopped
  const spending = useStopSpending()
  const newest = Object.values(threads ?? {})
    .sort((a, b) => b.updatedAt - a.updatedAt)
    .slice(0, SHOWN_THREADS)
  const act = (action: () => void) => () => {
    close()
    action()
  }
  return (
    <Command label="Command palette" loop>
      <div className="flex items-center gap-2 border-b border-line px-3">
        <Search aria-hidden size={16} className="text-faint" />
        <Command.Input placeholder="Go to a page, a thread, an action" className="h-11 w-full bg-transparent text-lg outline-none" />
      </div>
      <Command.List className="max-h-[50vh] overflow-y-auto p-1 **:[[cmdk-group-heading]]:px-2 **:[[cmdk-group-heading]]:py-1.5 **:[[cmdk-group-heading]]:text-xs **:[[cmdk-group-heading]]:text-muted">
        <Command.Empty className="px-3 py-6 text-center text-muted">Nothing of that name.</Command.Empty>
        <Command.Group heading="Pages">
          {PAGE_ENTRIES.map((entry, index) => (
            <PaletteItem key={entry.name} icon={entry.icon} label={entry.label} hint={shortcutText(String(index + 1))} onSelect={act(() => view.showPage(entry.name))} />
          ))}
        </Command.Group>
        <Command.Group heading="Actions">
          <PaletteItem icon={Plus} label="New thread" onSelect={act(() => view.openThread(undefined))} />
          <PaletteItem
            icon={Store}
            label="Choose a seller"
            onSelect={act(() => {
              view.showPage('buy')
              view.setDirectoryOpen(true)
            })}
          />
          {selling === 'off' ? <PaletteItem icon={Store} label="Start selling" onSelect={act(() => void startSelling.run({}))} /> : null}
          {selling === 'on' ? <PaletteItem icon={Store} label="Stop selling" onSelect={act(() => void stopSelling.run({}))} /> : null}
          {stopped === false ? <PaletteItem icon={OctagonPause} label="Stop all spending" onSelect={act(spending.stop)} /> : null}
          {stopped === true ? <PaletteItem icon={OctagonPause} label="Allow spending" onSelect={act(spending.allow)} /> : null}
          <PaletteItem icon={Sun} label="Light theme" onSelect={act(() => void updateSettings.run({ theme: 'light' }))} />
          <PaletteItem icon={Moon} label="Dark theme" onSelect={act(() => void updateSettings.run({ theme: 'dark' }))} />
          <PaletteItem icon={SunMoon} label="Theme of the system" onSelect={act(() => void updateSettings.run({ theme: 'system' }))} />
        </Command.Group>
        {newest.length > 0 ? (
          <Command.Group heading="Threads">
            {newest.map((thread) => (
              <PaletteItem key={thread.threadId} icon={MessageSquareText} label={thread.title} value={`${thread.title} ${thread.threadId}`} onSelect={act(() => view.openThread(thread.threadId))} />
            ))}
          </Command.Group>
        ) : null}
      </Command.List>
    </Command>
  )
}

function PaletteItem({ icon: Icon, label, hint, value, onSelect }: { icon: LucideIcon; label: string; hint?: string; value?: string; onSelect: () => void }) {
  return (
    <Command.Item value={value ?? label} onSelect={onSelect} className="flex h-9 cursor-pointer select-none items-center gap-3 rounded-md px-2 data-[selected=true]:bg-hover">
      <Icon aria-hidden size={16} className="text-muted" />
      <span className="truncate">{label}</span>
      {hint ? <kbd className="ml-auto font-sans text-xs text-muted">{hint}</kbd> : null}
    </Command.Item>
  )
}
