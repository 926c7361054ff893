import { MessageSquareText, Plus } from 'lucide-react'
import { useRef, useState } from 'react'
import type { Thread } from '#shared/ipc/customer.ts'
import { useEngineState } from '#renderer/state/useEngineState.ts'
import { useView } from '#renderer/state/view.ts'
import { Button } from '#renderer/ui/Button.tsx'
import { EmptyState } from '#renderer/ui/EmptyState.tsx'
import { SearchInput } from '#renderer/ui/SearchInput.tsx'
import { SkeletonRows } from '#renderer/ui/Skeleton.tsx'
import { useVirtualRows } from '#renderer/ui/useVirtualRows.ts'
import { ThreadRow } from './ThreadRow.tsx'

const ROW_PX = 52

/** The threads, newest first. `onOpened` lets a sheet round it close. */
export function ThreadList({ onOpened }: { onOpened: () => void }) {
  const threads = useEngineState('customer.threads')?.threads
  const openThread = useView((view) => view.openThread)
  const [search, setSearch] = useState('')
  const shown = threads ? listThreads(threads, search) : []
  return (
    <nav aria-label="Threads" className="flex min-h-0 flex-1 flex-col">
      <div className="flex flex-col gap-2 p-3">
        <Button
          icon={Plus}
          onClick={() => {
            openThread(undefined)
            onOpened()
          }}
        >
          New thread
        </Button>
        <SearchInput label="Search threads" value={search} onChange={setSearch} />
      </div>
      {threads === undefined ? (
        <div className="px-3">
          <SkeletonRows label="Loading threads" />
        </div>
      ) : shown.length === 0 ? (
        <EmptyState icon={MessageSquareText} title={search === '' ? 'No threads yet' : 'No thread of that name'}>
          {search === '' ? 'Each question and its follow-ups become a thread.' : null}
        </EmptyState>
      ) : (
        <ThreadRows threads={shown} onOpened={onOpened} />
      )}
    </nav>
  )
}

function ThreadRows({ threads, onOpened }: { threads: readonly Thread[]; onOpened: () => void }) {
  const scroller = useRef<HTMLDivElement>(null)
  const current = useView((view) => view.threadId)
  const virtual = useVirtualRows({ count: threads.length, rowPx: ROW_PX, scroller, keyOf: (index) => threads[index]?.threadId ?? index })
  return (
    <div ref={scroller} className="min-h-0 flex-1 overflow-y-auto px-2 pb-2">
      <ul className="relative" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const thread = threads[item.index]
          if (!thread) return null
          return (
            <li key={item.key} className="absolute inset-x-0 top-0" style={{ height: ROW_PX, transform: `translateY(${item.start}px)` }}>
              <ThreadRow thread={thread} current={thread.threadId === current} onOpened={onOpened} />
            </li>
          )
        })}
      </ul>
    </div>
  )
}

function listThreads(threads: Readonly<Record<string, Thread>>, search: string): Thread[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean)
  return Object.values(threads)
    .filter((thread) => words.every((word) => thread.title.toLowerCase().includes(word)))
    .sort((a, b) => b.updatedAt - a.updatedAt)
}
