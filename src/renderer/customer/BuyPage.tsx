import { PanelLeft, Plus, Store } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useEngineSlice } from '#renderer/state/useEngineState.ts'
import { useView } from '#renderer/state/view.ts'
import { Button } from '#renderer/ui/Button.tsx'
import { IconButton } from '#renderer/ui/IconButton.tsx'
import { Sheet } from '#renderer/ui/Sheet.tsx'
import { preloadMarkdown } from './Answer.tsx'
import { Conversation } from './Conversation.tsx'
import { Directory } from './Directory.tsx'
import { NewConversation } from './NewConversation.tsx'
import { ThreadList } from './ThreadList.tsx'

/** Buy: threads on the left, the conversation, the composer below it, the directory as a sheet over it. */
export default function BuyPage() {
  const threadId = useView((view) => view.threadId)
  const openThread = useView((view) => view.openThread)
  const directoryOpen = useView((view) => view.directoryOpen)
  const setDirectoryOpen = useView((view) => view.setDirectoryOpen)
  const [threadsOpen, setThreadsOpen] = useState(false)
  const title = useEngineSlice('customer.threads', ({ threads }) => (threadId === undefined ? undefined : threads[threadId]?.title))
  const gone = useEngineSlice('customer.threads', ({ threads }) => threadId !== undefined && threads[threadId] === undefined)

  useEffect(preloadMarkdown, [])

  return (
    <div className="flex h-full min-h-0">
      <div className="hidden w-64 shrink-0 border-r border-line wide:flex wide:flex-col xl:w-72">
        <ThreadList onOpened={() => undefined} />
      </div>
      <section aria-label="Conversation" className="flex min-w-0 flex-1 flex-col">
        <header className="flex h-14 shrink-0 items-center gap-2 border-b border-line px-4 wide:px-6">
          <span className="wide:hidden">
            <IconButton icon={PanelLeft} label="Threads" onClick={() => setThreadsOpen(true)} />
          </span>
          <h1 className="min-w-0 flex-1 truncate text-lg font-semibold">{title ?? 'New thread'}</h1>
          <span className="wide:hidden">
            <IconButton icon={Plus} label="New thread" onClick={() => openThread(undefined)} />
          </span>
          <Button icon={Store} onClick={() => setDirectoryOpen(true)}>
            Sellers
          </Button>
        </header>
        {threadId === undefined || gone ? <NewConversation /> : <Conversation key={threadId} threadId={threadId} />}
      </section>
      <Sheet open={threadsOpen} onOpenChange={setThreadsOpen} title="Threads" side="left" size="narrow">
        <ThreadList onOpened={() => setThreadsOpen(false)} />
      </Sheet>
      <Directory open={directoryOpen} onOpenChange={setDirectoryOpen} />
    </div>
  )
}
