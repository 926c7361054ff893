import { useEngineState } from '#renderer/state/useEngineState.ts'
import { useView } from '#renderer/state/view.ts'
import { joinClasses } from '#renderer/ui/joinClasses.ts'

/** How many relays are connected: full, half, or an empty ring, so that it reads without colour. */
export function RelayDot() {
  const relays = useEngineState('relays.status')?.relays
  const showPage = useView((view) => view.showPage)
  // A guest of a job comes and goes, and says nothing about one's own relays.
  const all = Object.values(relays ?? {}).filter((relay) => !relay.guest)
  const connected = all.filter((relay) => relay.state === 'connected').length
  const words = relays === undefined ? 'Relays' : all.length === 0 ? 'No relay' : connected === all.length ? `${connected} ${connected === 1 ? 'relay' : 'relays'}` : `${connected} of ${all.length} relays`
  const look = relays === undefined ? 'border-faint' : connected === 0 ? 'border-danger' : connected < all.length ? 'border-accent-text bg-accent-soft' : 'border-muted bg-muted'
  return (
    <button type="button" aria-label={words} title={words} onClick={() => showPage('settings')} className="-mx-1 flex h-7 items-center gap-2 whitespace-nowrap rounded-md px-1 text-left text-sm text-muted hover:bg-hover">
      <span aria-hidden className={joinClasses('size-2 rounded-full border-2', look)} />
      <span className="hidden sm:inline">{words}</span>
      <span className="sm:hidden">
        {connected}/{all.length}
      </span>
    </button>
  )
}
