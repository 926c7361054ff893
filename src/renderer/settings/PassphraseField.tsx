import { MAX_PASSPHRASE_CHARS } from '#shared/passphrase.ts'
import { Field } from '#renderer/ui/Field.tsx'
import { Input } from '#renderer/ui/Input.tsx'

export interface PassphraseFieldProps {
  label: string
  value: string
  onChange: (value: string) => void
  isShown: boolean
  /** For the browser's own keeper of passwords: which one this is. */
  kind: 'current-password' | 'new-password'
  hint?: string | undefined
  error?: string | undefined
}

export function PassphraseField({ label, value, onChange, isShown, kind, hint, error }: PassphraseFieldProps) {
  return (
    <Field label={label} hint={hint === undefined ? undefined : <span aria-live="polite">{hint}</span>} error={error}>
      {(control) => (
        <Input {...control} type={isShown ? 'text' : 'password'} value={value} maxLength={MAX_PASSPHRASE_CHARS} autoComplete={kind} autoCapitalize="off" className={isShown ? 'font-mono' : ''} onChange={(event) => onChange(event.target.value)} />
      )}
    </Field>
  )
}
