import type { ComponentProps } from 'react'
import { CONTROL_CLASSES } from './Input.tsx'
import { joinClasses } from './joinClasses.ts'

export function TextArea({ className, rows = 3, ...rest }: ComponentProps<'textarea'>) {
  return <textarea rows={rows} className={joinClasses(CONTROL_CLASSES, 'resize-y px-3 py-2', className)} {...rest} />
}
