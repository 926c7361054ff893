import type { ReactNode } from 'react'
import { Field } from './Field.tsx'
import { Input } from './Input.tsx'
import { TextArea } from './TextArea.tsx'
import { useAutosave, type AutosaveOptions } from './useAutosave.ts'

export interface AutosaveFieldProps extends AutosaveOptions {
  label: string
  hint?: ReactNode
  unit?: string
  inputMode?: 'text' | 'numeric' | 'decimal' | 'url'
  maxLength?: number
  placeholder?: string
  className?: string
}

/** A labelled field that saves itself when it is left. */
export function AutosaveField({ label, hint, unit, inputMode = 'text', maxLength, placeholder, className, ...options }: AutosaveFieldProps) {
  const { text, error, saving, onChange, onBlur, onKeyDown } = useAutosave(options)
  const common = { value: text, onBlur, onKeyDown, maxLength, placeholder, 'aria-busy': saving || undefined }
  return (
    <Field label={label} hint={hint} error={error} {...(className ? { className } : {})}>
      {(control) =>
        options.multiline ? (
          <TextArea {...control} {...common} rows={2} onChange={(event) => onChange(event.target.value)} />
        ) : (
          <Input {...control} {...common} inputMode={inputMode} {...(unit ? { unit } : {})} onChange={(event) => onChange(event.target.value)} />
        )
      }
    </Field>
  )
}
