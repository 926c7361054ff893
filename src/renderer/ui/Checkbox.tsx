import { Check, Minus } from 'lucide-react'
import { Checkbox as Primitive } from 'radix-ui'
import { useId, type ReactNode } from 'react'

export interface CheckboxProps {
  checked: boolean | 'indeterminate'
  onChange: (checked: boolean) => void
  /** The words beside the box; without them give `aria-label`. */
  label?: ReactNode
  disabled?: boolean
  'aria-label'?: string
  'aria-describedby'?: string
}

export function Checkbox({ checked, onChange, label, disabled, ...rest }: CheckboxProps) {
  const id = useId()
  return (
    <span className="inline-flex items-start gap-2">
      <Primitive.Root
        id={id}
        checked={checked}
        onCheckedChange={(next) => onChange(next === true)}
        disabled={disabled ?? false}
        className="mt-0.5 inline-flex size-4 shrink-0 items-center justify-center rounded-sm border border-line-strong bg-surface data-[state=checked]:border-transparent data-[state=checked]:bg-accent data-[state=indeterminate]:bg-accent disabled:cursor-not-allowed disabled:opacity-60"
        {...rest}
      >
        <Primitive.Indicator className="text-on-accent">
          {checked === 'indeterminate' ? <Minus aria-hidden size={12} strokeWidth={3} /> : <Check aria-hidden size={12} strokeWidth={3} />}
        </Primitive.Indicator>
      </Primitive.Root>
      {label ? <label htmlFor={id}>{label}</label> : null}
    </span>
  )
}
