import { CopyButton } from './CopyButton.tsx'
import { shortenId } from './shortenId.ts'

/** An id shortened in the middle, copied whole. */
export function ShortId({ id, name, copy = true }: { id: string; name: string; copy?: boolean }) {
  return (
    <span className="inline-flex items-center gap-0.5">
      <code title={id} className="font-mono text-sm">
        {shortenId(id)}
      </code>
      {copy ? <CopyButton text={id} label={`Copy ${name}`} /> : null}
    </span>
  )
}
