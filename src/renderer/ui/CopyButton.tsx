import { Check, Copy } from 'lucide-react'
import { useEffect, useState } from 'react'
import { toast } from 'sonner'
import { IconButton } from './IconButton.tsx'

const SHOW_COPIED_MS = 1_500

/** Copies text whole; says so by its mark for a moment. */
export function CopyButton({ text, label, size = 'small', className }: { text: string; label: string; size?: 'small' | 'medium'; className?: string }) {
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), SHOW_COPIED_MS)
    return () => clearTimeout(timer)
  }, [copied])
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text)
      setCopied(true)
    } catch {
      toast.error('The clipboard refused the text. Select it and copy by hand.')
    }
  }
  return (
    <IconButton
      icon={copied ? Check : Copy}
      label={copied ? 'Copied' : label}
      size={size}
      {...(className ? { className } : {})}
      onClick={(event) => {
        event.stopPropagation()
        void copy()
      }}
    />
  )
}
