import { addMsat, type Msat } from '#shared/market/msat.ts'
import { Amount } from '#renderer/ui/Amount.tsx'
import { joinClasses } from '#renderer/ui/joinClasses.ts'

export interface Part {
  readonly name: string
  readonly meaning: string
  readonly msat: Msat
  readonly fill: string
  readonly note?: string | undefined
}

const WHOLE = 100
/** A part that is there can be seen, however small. */
const LEAST_PERCENT = 0.75

/** Parts of one sum as a bar, and each in words. */
export function PartsBar({ parts }: { parts: readonly Part[] }) {
  const total = addMsat(...parts.map((part) => part.msat))
  return (
    <div className="flex flex-col gap-2">
      <div aria-hidden className="flex h-2 gap-0.5 overflow-hidden rounded-full bg-hover">
        {parts.map((part) => (part.msat === 0 ? null : <div key={part.name} className={part.fill} style={{ flex: `${Math.max(LEAST_PERCENT, (part.msat / total) * WHOLE)} 0 0%` }} />))}
      </div>
      <dl className="flex flex-wrap gap-x-6 gap-y-1 text-sm">
        {parts.map((part) => (
          <div key={part.name} className="flex flex-wrap items-center gap-x-1.5" title={part.meaning}>
            <dt className="flex items-center gap-1.5 text-muted">
              <span aria-hidden className={joinClasses('size-2 rounded-full', part.fill)} />
              {part.name}
            </dt>
            <dd>
              <Amount msat={part.msat} />
            </dd>
            {part.note === undefined ? null : <dd className="text-muted">{part.note}</dd>}
          </div>
        ))}
      </dl>
    </div>
  )
}
