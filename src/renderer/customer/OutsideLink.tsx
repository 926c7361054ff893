import { useState, type ReactNode } from 'react'
import { Button } from '#renderer/ui/Button.tsx'
import { CopyButton } from '#renderer/ui/CopyButton.tsx'
import { Dialog } from '#renderer/ui/Dialog.tsx'

/** A link that somebody else wrote: it shows its whole address and asks before it opens. Other schemes than the web's and mail stay plain words. */
export function OutsideLink({ href, children }: { href: string; children: ReactNode }) {
  const [asking, setAsking] = useState(false)
  const address = readAddress(href)
  if (!address) return <span>{children}</span>
  const open = () => {
    setAsking(false)
    window.open(address, '_blank', 'noopener,noreferrer')
  }
  return (
    <>
      <a
        href={address}
        target="_blank"
        rel="noopener noreferrer nofollow"
        title={address}
        onClick={(event) => {
          event.preventDefault()
          setAsking(true)
        }}
      >
        {children}
      </a>
      <Dialog
        open={asking}
        onOpenChange={setAsking}
        title="Open this address?"
        description="The seller’s model wrote it. Nobody has checked where it leads."
        actions={
          <>
            <Button onClick={() => setAsking(false)}>Cancel</Button>
            <Button variant="primary" onClick={open}>
              Open
            </Button>
          </>
        }
      >
        <p className="flex items-start gap-1 rounded-lg bg-sunken px-3 py-2 font-mono text-sm wrap-anywhere">
          <span className="flex-1">{address}</span>
          <CopyButton text={address} label="Copy the address" />
        </p>
      </Dialog>
    </>
  )
}

function readAddress(href: string): string | undefined {
  const url = URL.parse(href)
  return url && ['http:', 'https:', 'mailto:'].includes(url.protocol) ? url.href : undefined
}
