import { ImageUp } from 'lucide-react'
import { useEffect, useEffectEvent, useRef, useState } from 'react'
import { Button } from '#renderer/ui/Button.tsx'
import { joinClasses } from '#renderer/ui/joinClasses.ts'
import { readQrPicture } from './readQrPicture.ts'

/** Takes a picture of a QR code: chosen as a file, or dropped or pasted anywhere in this window. No camera is used. */
export function QrPicture({ onText }: { onText: (text: string) => void }) {
  const chooser = useRef<HTMLInputElement>(null)
  const [isOver, setIsOver] = useState(false)
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string>()

  const take = async (picture: Blob | null | undefined) => {
    if (!picture) return
    setBusy(true)
    setProblem(undefined)
    const read = await readQrPicture(picture)
    setBusy(false)
    if (read.ok) onText(read.value)
    else setProblem(read.error.message)
  }
  const onPaste = useEffectEvent((event: ClipboardEvent) => {
    const picture = [...(event.clipboardData?.files ?? [])].find((file) => file.type.startsWith('image/'))
    if (!picture) return
    event.preventDefault()
    void take(picture)
  })
  const onDrag = useEffectEvent((event: DragEvent) => {
    // Otherwise the browser would open the picture in the place of the page.
    event.preventDefault()
    setIsOver(event.type === 'dragover')
    if (event.type === 'drop') void take(event.dataTransfer?.files[0])
  })
  useEffect(() => {
    const leaving = new AbortController()
    const { signal } = leaving
    document.addEventListener('paste', (event) => onPaste(event), { signal })
    for (const name of ['dragover', 'dragleave', 'drop'] as const) document.addEventListener(name, (event) => onDrag(event), { signal })
    return () => leaving.abort()
  }, [])

  return (
    <div className="flex flex-col gap-1">
      <fieldset
        aria-label="Picture of the QR code"
        className={joinClasses('flex flex-wrap items-center justify-between gap-x-4 gap-y-2 rounded-lg border border-dashed px-3 py-2', isOver ? 'border-accent-text bg-accent-soft' : 'border-line-strong')}
      >
        <p className="min-w-0 flex-1 basis-48 text-sm text-muted">Or a picture of its QR code: drop it here, paste it, or choose a file.</p>
        <Button size="small" icon={ImageUp} busy={busy} onClick={() => chooser.current?.click()}>
          Choose a picture
        </Button>
        <input
          ref={chooser}
          type="file"
          accept="image/*"
          aria-label="Picture of the QR code"
          tabIndex={-1}
          hidden
          onChange={(event) => {
            void take(event.target.files?.[0])
            event.target.value = ''
          }}
        />
      </fieldset>
      {problem ? (
        <p role="alert" className="text-sm text-danger">
          {problem}
        </p>
      ) : null}
    </div>
  )
}
