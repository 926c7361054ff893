import { useEffect, useState } from 'react'
import { useRequest } from '#renderer/state/useRequest.ts'
import { CopyButton } from '#renderer/ui/CopyButton.tsx'
import { ProblemNote } from '#renderer/ui/ProblemNote.tsx'
import { SkeletonRows } from '#renderer/ui/Skeleton.tsx'

/** The event behind an offer, asked for when somebody opens it: with ten thousand offers it is no part of the list. */
export function EventAsItCame({ offerKey, announcedAt }: { offerKey: string; announcedAt: number }) {
  const [open, setOpen] = useState(false)
  const [raw, setRaw] = useState<string>()
  const { run, problem } = useRequest('customer.offerEvent')
  useEffect(() => {
    if (!open) return
    let isWanted = true
    void (async () => {
      const answer = await run({ key: offerKey })
      if (isWanted && answer.ok) setRaw(answer.value.raw)
    })()
    return () => {
      isWanted = false
    }
    // oxlint-disable-next-line react/exhaustive-effect-dependencies -- announced again, it is another event
  }, [open, offerKey, announcedAt, run])
  return (
    <details className="rounded-lg border border-line" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="cursor-pointer rounded-lg px-3 py-2 text-muted">The event as it came</summary>
      {problem ? <ProblemNote level="info" message={problem.message} /> : null}
      {raw === undefined ? (
        <div className="p-3">{open && !problem ? <SkeletonRows label="Loading the event" rows={3} /> : null}</div>
      ) : (
        <>
          <div className="flex justify-end border-t border-line px-1 pt-1">
            <CopyButton text={raw} label="Copy the event" />
          </div>
          <pre className="px-3 pb-3 font-mono text-xs whitespace-pre-wrap wrap-anywhere">{prettyJson(raw)}</pre>
        </>
      )}
    </details>
  )
}

function prettyJson(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}
