import { CopyButton } from '#renderer/ui/CopyButton.tsx'
import { Disclosure } from '#renderer/ui/Disclosure.tsx'
import type { TimelineOfJob } from './useTimeline.ts'

/** What was asked and answered, folded away. */
export function JobTexts({ timeline: { prompt, answer } }: { timeline: TimelineOfJob }) {
  return (
    <div className="flex flex-col gap-1">
      <FoldedText label="Prompt as sent" text={prompt} />
      <FoldedText label="Answer" text={answer} />
    </div>
  )
}

function FoldedText({ label, text }: { label: string; text: string }) {
  if (text === '') return <p className="flex min-h-7 items-center pl-5 text-muted">{label}: none</p>
  return (
    <Disclosure label={`${label} (${text.length.toLocaleString('en-US')} characters)`}>
      <div className="relative rounded-lg border border-line bg-surface">
        <CopyButton text={text} label={`Copy the ${label.toLowerCase()}`} className="absolute right-1 top-1 bg-surface" />
        <pre className="whitespace-pre-wrap p-3 pr-10 font-sans wrap-anywhere">{text}</pre>
      </div>
    </Disclosure>
  )
}
