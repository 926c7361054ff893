import { RadioGroup } from 'radix-ui'
import { useId, type ReactNode } from 'react'

export interface RadioOption<V extends string> {
  readonly value: V
  readonly label: ReactNode
  /** What choosing it means. */
  readonly hint?: ReactNode
}

export interface RadioListProps<V extends string> {
  label: string
  value: V
  options: readonly RadioOption<V>[]
  onChange: (value: V) => void
}

/** One of a few that need a sentence each: arrows move, and something is always chosen. */
export function RadioList<V extends string>({ label, value, options, onChange }: RadioListProps<V>) {
  const id = useId()
  const choose = (chosen: string) => {
    const option = options.find((candidate) => candidate.value === chosen)
    if (option) onChange(option.value)
  }
  return (
    <RadioGroup.Root aria-label={label} value={value} onValueChange={choose} className="flex flex-col divide-y divide-line rounded-lg border border-line bg-surface">
      {options.map((option) => (
        <div key={option.value} className="flex items-start gap-3 px-4 py-2.5">
          <RadioGroup.Item
            value={option.value}
            id={`${id}-${option.value}`}
            aria-describedby={option.hint ? `${id}-${option.value}-hint` : undefined}
            className="mt-0.5 inline-flex size-4 shrink-0 items-center justify-center rounded-full border border-line-strong bg-surface data-[state=checked]:border-accent-text"
          >
            <RadioGroup.Indicator className="size-2 rounded-full bg-accent-text" />
          </RadioGroup.Item>
          <label htmlFor={`${id}-${option.value}`} className="min-w-0 flex-1">
            <span className="font-medium">{option.label}</span>
            {option.hint ? (
              <span id={`${id}-${option.value}-hint`} className="block text-sm text-muted">
                {option.hint}
              </span>
            ) : null}
          </label>
        </div>
      ))}
    </RadioGroup.Root>
  )
}
