import type { Snapshot } from '#renderer/state/client.ts'
import { Progress } from '#renderer/ui/Progress.tsx'
import { workShare } from './relayText.ts'

/** Proof of work under way for a relay that asks for it: it goes on beside everything else. */
export function RelayWork({ work }: { work: NonNullable<Snapshot<'relays.status'>['work']> }) {
  const { bits, hashes, expectedHashes } = work
  return (
    <div className="flex flex-col gap-1.5">
      <p className="text-sm">
        A relay asks for {bits} bits of work before it takes an event.{' '}
        <span className="text-muted">
          {hashes.toLocaleString('en-US')} tries so far; on average it needs {expectedHashes.toLocaleString('en-US')}.
        </span>
      </p>
      <Progress label={`Work of ${bits} bits for a relay`} value={workShare(hashes, expectedHashes)} />
    </div>
  )
}
