import type { ReactNode } from 'react'
import { useEngineSlice } from '#renderer/state/useEngineState.ts'
import { useRequest } from '#renderer/state/useRequest.ts'
import { Button } from '#renderer/ui/Button.tsx'
import { CopyButton } from '#renderer/ui/CopyButton.tsx'
import { Dialog } from '#renderer/ui/Dialog.tsx'

/** How Ollama is started, on whatever system; closes by itself once it answers. */
export function OllamaHelp({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  const look = useRequest('backend.refresh')
  const url = useEngineSlice('backend.status', (status) => status.url)
  const problem = useEngineSlice('backend.status', (status) => status.problem)
  const checkAgain = async () => {
    const answer = await look.run({})
    if (answer.ok && problem === undefined) onOpenChange(false)
  }
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="Start Ollama"
      description="Ollama runs language models on your own computer. Souk sells what it answers."
      actions={
        <>
          <Button onClick={() => onOpenChange(false)}>Close</Button>
          <Button variant="primary" busy={look.busy} onClick={() => void checkAgain()}>
            Look again
          </Button>
        </>
      }
    >
      <dl className="flex flex-col gap-3">
        <Way name="macOS, Windows">Open the Ollama app. Its icon stays in the menu bar or the tray while it runs.</Way>
        <Way name="Linux">
          <Command text="systemctl start ollama" />
          <span className="text-muted">or, without a service,</span>
          <Command text="ollama serve" />
        </Way>
        <Way name="Not installed yet">
          Get it from <span className="font-mono text-sm">ollama.com/download</span>
          <CopyButton text="https://ollama.com/download" label="Copy the address" />
        </Way>
        <Way name="On another computer">
          Enter its address in Settings under Backend. Souk looks at <span className="font-mono text-sm wrap-anywhere">{url}</span> now.
        </Way>
      </dl>
      <output className="mt-3 block text-sm text-muted">{problem ?? (look.busy ? '' : 'Ollama answers.')}</output>
    </Dialog>
  )
}

function Way({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt className="font-medium">{name}</dt>
      <dd className="flex flex-wrap items-center gap-x-2">{children}</dd>
    </div>
  )
}

function Command({ text }: { text: string }) {
  return (
    <span className="inline-flex items-center gap-1 rounded-md bg-sunken pl-2">
      <code className="font-mono text-sm">{text}</code>
      <CopyButton text={text} label={`Copy ${text}`} />
    </span>
  )
}
