import { useRequest } from '#renderer/state/useRequest.ts'
import { Button } from '#renderer/ui/Button.tsx'
import { CopyButton } from '#renderer/ui/CopyButton.tsx'
import { Dialog } from '#renderer/ui/Dialog.tsx'
import { ProblemNote } from '#renderer/ui/ProblemNote.tsx'
import { useSecret } from './useSecret.ts'

export function SecretKeyDialog({ close }: { close: () => void }) {
  const exportKey = useRequest('identity.exportSecretKey')
  const secret = useSecret()
  const show = async () => {
    const answer = await exportKey.run({ confirmed: true })
    if (answer.ok) secret.show(answer.value.nsec)
  }
  return (
    <Dialog
      open
      onOpenChange={close}
      title="Export the secret key"
      description="Whoever has this key can sign as you, forever: it cannot be changed. It does not hold the wallet; the phrase does."
      actions={
        secret.value === undefined ? (
          <>
            <Button onClick={close}>Cancel</Button>
            <Button variant="danger" busy={exportKey.busy} onClick={() => void show()}>
              Show the secret key
            </Button>
          </>
        ) : (
          <Button variant="primary" onClick={close}>
            Done
          </Button>
        )
      }
    >
      {secret.value === undefined ? null : (
        <>
          <p className="flex items-center gap-1 rounded-lg bg-sunken py-1 pl-3 pr-1">
            <code aria-label="Secret key" className="min-w-0 flex-1 font-mono text-sm wrap-anywhere">
              {secret.value}
            </code>
            <CopyButton text={secret.value} label="Copy the secret key" />
          </p>
          <p className="mt-2 text-sm text-muted">It is hidden again when you leave this window. Other programs can read what you copy.</p>
        </>
      )}
      {secret.value === undefined && secret.hiddenByItself ? <ProblemNote level="info" message="The key was hidden because the window was left." /> : null}
      {exportKey.problem ? <ProblemNote level="danger" message={exportKey.problem.message} /> : null}
    </Dialog>
  )
}
