import { ToggleGroup } from 'radix-ui'

export interface SegmentedProps<V extends string> {
  label: string
  value: V
  options: readonly { value: V; label: string }[]
  onChange: (value: V) => void
}

/** One of a few: arrows move, and something is always chosen. */
export function Segmented<V extends string>({ label, value, options, onChange }: SegmentedProps<V>) {
  const choose = (chosen: string) => {
    const option = options.find((candidate) => candidate.value === chosen)
    if (option) onChange(option.value)
  }
  return (
    <ToggleGroup.Root type="single" aria-label={label} value={value} onValueChange={choose} className="inline-flex rounded-lg border border-line bg-sunken p-0.5">
      {options.map((option) => (
        <ToggleGroup.Item
          key={option.value}
          value={option.value}
          className="h-7 rounded-md border border-transparent px-3 text-muted transition-colors hover:text-text data-[state=on]:border-line-strong data-[state=on]:bg-surface data-[state=on]:font-medium data-[state=on]:text-text"
        >
          {option.label}
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  )
}
