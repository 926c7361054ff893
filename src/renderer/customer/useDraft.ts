import { useEffect, useState } from 'react'
import { NEW_THREAD, useView } from '#renderer/state/view.ts'

const SAVE_AFTER_MS = 300

/** What is typed and not sent, kept for each thread: saved shortly after typing, and when the page goes. */
export function useDraft(threadId: string | undefined): [string, (text: string) => void] {
  const key = threadId ?? NEW_THREAD
  const [text, setText] = useState(() => useView.getState().drafts[key] ?? '')
  const [saver] = useState(() => createDraftSaver((draft) => useView.getState().setDraft(key, draft)))

  useEffect(() => {
    window.addEventListener('pagehide', saver.saveNow)
    return () => {
      window.removeEventListener('pagehide', saver.saveNow)
      saver.saveNow()
    }
  }, [saver])

  return [
    text,
    (next) => {
      setText(next)
      saver.saveSoon(next)
    },
  ]
}

function createDraftSaver(save: (draft: string) => void): { saveSoon: (draft: string) => void; saveNow: () => void } {
  let unsaved: string | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  const saveNow = () => {
    clearTimeout(timer)
    if (unsaved !== undefined) save(unsaved)
    unsaved = undefined
  }
  return {
    saveNow,
    saveSoon(draft) {
      unsaved = draft
      clearTimeout(timer)
      // Sent or emptied: nothing may bring it back.
      if (draft === '') saveNow()
      else timer = setTimeout(saveNow, SAVE_AFTER_MS)
    },
  }
}
