import { Search, X } from 'lucide-react'
import { useRef } from 'react'
import { CONTROL_CLASSES } from './Input.tsx'
import { joinClasses } from './joinClasses.ts'

export interface SearchInputProps {
  /** Name for a screen reader, and the placeholder. */
  label: string
  value: string
  onChange: (value: string) => void
  className?: string
}

/** A search field: Esc empties it first, and only an empty one lets Esc close what is around it. */
export function SearchInput({ label, value, onChange, className }: SearchInputProps) {
  const input = useRef<HTMLInputElement>(null)
  const clear = () => {
    onChange('')
    input.current?.focus()
  }
  return (
    <span className={joinClasses('relative block', className)}>
      <Search aria-hidden size={16} className="pointer-events-none absolute left-2.5 top-2 text-faint" />
      <input
        ref={input}
        type="text"
        role="searchbox"
        aria-label={label}
        placeholder={label}
        value={value}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape' || value === '') return
          event.stopPropagation()
          event.preventDefault()
          clear()
        }}
        className={joinClasses(CONTROL_CLASSES, 'h-8 pl-8 pr-8')}
      />
      {value === '' ? null : (
        <button type="button" aria-label="Clear search" onClick={clear} className="absolute right-1 top-1 inline-flex size-6 items-center justify-center rounded-md text-muted hover:bg-hover">
          <X aria-hidden size={14} />
        </button>
      )}
    </span>
  )
}
