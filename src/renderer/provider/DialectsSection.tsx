import type { DialectName } from '#shared/market/dialect.ts'
import { PrivacyMark } from '#renderer/ui/PrivacyMark.tsx'
import { bestPrivacy, DIALECT_WORDS } from '#renderer/ui/privacyText.ts'
import { Section } from '#renderer/ui/Section.tsx'

const BUYERS: Record<DialectName, string> = {
  'souk/1': 'Buyers with Souk. The answer streams, and each job has a key of its own.',
  nip90: 'Buyers with any NIP-90 program. In the open, unless theirs encrypts.',
  channel: 'Buyers who read the channel below.',
}

/** In which languages a job can come, and who reads it then: what the listing announces. */
export function DialectsSection({ dialects }: { dialects: readonly DialectName[] }) {
  return (
    <Section title="How jobs come in" hint="The buyer’s program chooses the most private way that it knows.">
      <ul className="flex flex-col divide-y divide-line rounded-lg border border-line bg-surface">
        {dialects.map((dialect) => {
          const privacy = bestPrivacy([dialect])
          return (
            <li key={dialect} className="flex flex-wrap items-center gap-x-4 gap-y-0.5 px-3 py-1.5">
              <span className="w-20 font-medium">{DIALECT_WORDS[dialect]}</span>
              <span className="min-w-0 flex-1 basis-full text-sm sm:basis-60 text-muted">{BUYERS[dialect]}</span>
              {privacy ? <PrivacyMark privacy={privacy} className="text-sm" /> : null}
            </li>
          )
        })}
      </ul>
    </Section>
  )
}
