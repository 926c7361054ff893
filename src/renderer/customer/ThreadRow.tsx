import { Ellipsis, Pencil, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { toast } from 'sonner'
import type { Thread } from '#shared/ipc/customer.ts'
import { useRequest } from '#renderer/state/useRequest.ts'
import { useView } from '#renderer/state/view.ts'
import { Amount } from '#renderer/ui/Amount.tsx'
import { IconButton } from '#renderer/ui/IconButton.tsx'
import { Input } from '#renderer/ui/Input.tsx'
import { joinClasses } from '#renderer/ui/joinClasses.ts'
import { Menu } from '#renderer/ui/Menu.tsx'
import { TimeAgo } from '#renderer/ui/TimeAgo.tsx'

const UNDO_MS = 8_000

export function ThreadRow({ thread, current, onOpened }: { thread: Thread; current: boolean; onOpened: () => void }) {
  const openThread = useView((view) => view.openThread)
  const [renaming, setRenaming] = useState(false)
  const removal = useRequest('customer.deleteThread', { toastProblem: true })
  const { threadId, title } = thread

  const remove = async () => {
    const answer = await removal.run({ threadId })
    if (!answer.ok) return
    if (useView.getState().threadId === threadId) openThread(undefined)
    toast(`“${title.slice(0, 40)}” deleted. Its payments stay in Activity.`, {
      duration: UNDO_MS,
      action: { label: 'Undo', onClick: () => void removal.run({ threadId, undo: true }) },
    })
  }

  if (renaming) return <RenameField thread={thread} done={() => setRenaming(false)} />
  return (
    <div className={joinClasses('group relative flex h-12 items-center rounded-lg transition-colors', current ? 'bg-hover' : 'hover:bg-hover')}>
      <button
        type="button"
        aria-current={current || undefined}
        onClick={() => {
          openThread(threadId)
          onOpened()
        }}
        className="flex h-full min-w-0 flex-1 flex-col justify-center rounded-lg pl-2 pr-9 text-left"
      >
        <span className={joinClasses('w-full truncate', current ? 'font-medium' : null)}>{title}</span>
        <span className="text-xs text-muted">
          <TimeAgo at={thread.updatedAt} />
          {thread.spentMsat > 0 ? (
            <>
              {' · '}
              <Amount msat={thread.spentMsat} />
            </>
          ) : null}
        </span>
      </button>
      <span className="absolute right-1 opacity-0 focus-within:opacity-100 group-hover:opacity-100 has-data-[state=open]:opacity-100 [@media(hover:none)]:opacity-100">
        <Menu
          trigger={<IconButton icon={Ellipsis} size="small" label={`Actions for ${title.slice(0, 40)}`} />}
          items={[
            { label: 'Rename', icon: Pencil, onSelect: () => setRenaming(true) },
            { label: 'Delete', icon: Trash2, danger: true, onSelect: () => void remove() },
          ]}
        />
      </span>
    </div>
  )
}

function RenameField({ thread, done }: { thread: Thread; done: () => void }) {
  const [title, setTitle] = useState(thread.title)
  const rename = useRequest('customer.renameThread', { toastProblem: true })
  const save = async () => {
    const wanted = title.trim()
    if (wanted === '' || wanted === thread.title) {
      done()
      return
    }
    const answer = await rename.run({ threadId: thread.threadId, title: wanted })
    if (answer.ok) done()
  }
  return (
    <form
      className="flex h-12 items-center px-1"
      onSubmit={(event) => {
        event.preventDefault()
        void save()
      }}
    >
      <Input
        ref={focusAll}
        aria-label="Name of the thread"
        value={title}
        maxLength={120}
        onChange={(event) => setTitle(event.target.value)}
        onBlur={() => void save()}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return
          event.stopPropagation()
          done()
        }}
      />
    </form>
  )
}

/** The menu that opened the field gives the focus back to its button; a moment later it is the field's. */
function focusAll(input: HTMLInputElement | null): (() => void) | undefined {
  if (!input) return undefined
  const timer = setTimeout(() => input.select(), 0)
  return () => clearTimeout(timer)
}
