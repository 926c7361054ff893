import { useEngineSlice } from '#renderer/state/useEngineState.ts'
import { useRequest } from '#renderer/state/useRequest.ts'
import { Button } from '#renderer/ui/Button.tsx'
import { ProblemNote } from '#renderer/ui/ProblemNote.tsx'

/** What the engine thinks a person should know, until it is dismissed. */
export function NoticeList() {
  const notices = useEngineSlice('app.status', (status) => status.notices)
  const dismiss = useRequest('app.dismissNotice', { toastProblem: true })
  const entries = Object.entries(notices ?? {})
  if (entries.length === 0) return null
  return (
    <div className="flex max-h-40 shrink-0 flex-col gap-2 overflow-y-auto px-4 pt-3 wide:px-6">
      {entries.map(([id, notice]) => (
        <ProblemNote
          key={id}
          level={notice.level}
          message={notice.message}
          action={
            <Button size="small" onClick={() => void dismiss.run({ id })}>
              Dismiss
            </Button>
          }
        />
      ))}
    </div>
  )
}
