import { Globe, Hash, Lock, type LucideIcon } from 'lucide-react'
import type { DialectName, Privacy } from '#shared/market/dialect.ts'
import { joinClasses } from './joinClasses.ts'
import { DIALECT_WORDS, PRIVACY_WORDS } from './privacyText.ts'

export const PRIVACY_ICONS: Record<Privacy, LucideIcon> = { private: Lock, 'public-relays': Globe, 'public-channel': Hash }

export interface PrivacyMarkProps {
  privacy: Privacy
  /** The language that it travels in, when that is decided: named on hover. */
  dialect?: DialectName
  /** Dense rows show the icon alone; a screen reader hears the words all the same. */
  iconOnly?: boolean
  className?: string
}

/** Who can read a job: an icon, with its words where there is room, and the whole meaning on hover. */
export function PrivacyMark({ privacy, dialect, iconOnly = false, className }: PrivacyMarkProps) {
  const Icon = PRIVACY_ICONS[privacy]
  const { short, long } = PRIVACY_WORDS[privacy]
  return (
    <span title={dialect === undefined ? long : `${long} (${DIALECT_WORDS[dialect]})`} className={joinClasses('inline-flex shrink-0 items-center gap-1 whitespace-nowrap align-bottom text-muted', className)}>
      <Icon aria-hidden size={14} />
      <span className={iconOnly ? 'sr-only' : undefined}>{short}</span>
    </span>
  )
}
