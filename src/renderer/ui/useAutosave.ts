import { useEffect, useEffectEvent, useState, type KeyboardEvent } from 'react'
import type { Answer } from '#shared/ipc/contract.ts'

export interface AutosaveOptions {
  /** What holds now, as the field shows it. */
  value: string
  /** What is wrong with a text; undefined when it may be saved. */
  check: (text: string) => string | undefined
  save: (text: string) => Promise<Answer<unknown>>
  /** Enter writes a line instead of saving. */
  multiline?: boolean
}

export interface Autosave {
  text: string
  /** What is wrong with what was typed. It is not saved. */
  error: string | undefined
  saving: boolean
  onChange: (text: string) => void
  onBlur: () => void
  onKeyDown: (event: KeyboardEvent) => void
}

/**
 * A field that saves itself when it is left or on Enter, never in the middle of typing; Esc takes back what was typed.
 * A text that may not be saved stays, with its reason.
 */
export function useAutosave({ value, check, save, multiline = false }: AutosaveOptions): Autosave {
  const [draft, setDraft] = useState<string>()
  const [error, setError] = useState<string>()
  const [saving, setSaving] = useState(false)
  // Shown from the answer until the engine's new state is here, so that the old value does not flash up. The state may
  // also come first: then `over` is no longer the value, and there is nothing to bridge.
  const [saved, setSaved] = useState<{ text: string; over: string }>()
  const [seenValue, setSeenValue] = useState(value)
  if (seenValue !== value) {
    setSeenValue(value)
    setSaved(undefined)
  }

  const shown = saved?.over === value ? saved.text : value

  const commit = async () => {
    if (draft === undefined || saving) return
    const text = draft
    if (text.trim() === shown.trim()) {
      setDraft(undefined)
      setError(undefined)
      return
    }
    const wrong = check(text)
    setError(wrong)
    if (wrong !== undefined) return
    setSaving(true)
    const answer = await save(text)
    setSaving(false)
    if (!answer.ok) {
      setError(answer.error.message)
      return
    }
    setSaved({ text: text.trim(), over: value })
    setDraft((current) => (current === text ? undefined : current))
  }

  // Going to another page takes the field away without a blur.
  const commitOnLeave = useEffectEvent(() => void commit())
  useEffect(() => () => commitOnLeave(), [])

  return {
    text: draft ?? shown,
    error,
    saving,
    onChange(text) {
      setDraft(text)
      // A complaint goes as soon as it is no longer true; a new one waits until the field is left.
      if (error !== undefined && check(text) === undefined) setError(undefined)
    },
    onBlur: () => void commit(),
    onKeyDown(event) {
      if (event.nativeEvent.isComposing) return
      if (event.key === 'Enter' && !multiline) {
        event.preventDefault()
        void commit()
      } else if (event.key === 'Escape' && draft !== undefined) {
        event.stopPropagation()
        setDraft(undefined)
        setError(undefined)
      }
    },
  }
}
