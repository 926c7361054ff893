import { useRef } from 'react'
import { useEngineSlice } from '#renderer/state/useEngineState.ts'
import { useView } from '#renderer/state/view.ts'
import { Button } from '#renderer/ui/Button.tsx'
import { EmptyState } from '#renderer/ui/EmptyState.tsx'
import { Composer, type ComposerHandle } from './Composer.tsx'

const EXAMPLES = ['What is 2+2?', 'Explain a Merkle tree to a gardener.', 'Write a haiku about rain on a tin roof.']

/** A thread that does not exist yet: it begins with the first question. */
export function NewConversation() {
  const openThread = useView((view) => view.openThread)
  const showPage = useView((view) => view.showPage)
  const composer = useRef<ComposerHandle>(null)
  const nobody = useEngineSlice('customer.offers', ({ loaded, offers }) => loaded && isEmpty(offers)) ?? false
  return (
    <>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="flex min-h-full flex-col justify-center">
          {nobody ? (
            <EmptyState
              title="Nobody sells here just now"
              action={
                <>
                  <Button onClick={() => showPage('settings')}>Look at the relays</Button>
                  <Button variant="primary" onClick={() => showPage('sell')}>
                    Sell yourself
                  </Button>
                </>
              }
            >
              Offers appear by themselves as sellers announce themselves on your relays.
            </EmptyState>
          ) : (
            <EmptyState
              title="Ask something"
              action={EXAMPLES.map((text) => (
                <Button key={text} onClick={() => composer.current?.suggest(text)}>
                  {text}
                </Button>
              ))}
            >
              Your question goes to a seller, you pay a few sats, and the answer streams in.
            </EmptyState>
          )}
        </div>
      </div>
      <Composer threadId={undefined} busyWith={undefined} ref={composer} onAsked={(threadId) => openThread(threadId)} />
    </>
  )
}

/** Without listing ten thousand keys to count none. */
function isEmpty(record: object): boolean {
  for (const key in record) if (Object.hasOwn(record, key)) return false
  return true
}
