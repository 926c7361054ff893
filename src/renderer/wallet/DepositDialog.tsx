import { useEffect, useState } from 'react'
import { useEngineSlice } from '#renderer/state/useEngineState.ts'
import { useRequest } from '#renderer/state/useRequest.ts'
import { Button } from '#renderer/ui/Button.tsx'
import { CopyButton } from '#renderer/ui/CopyButton.tsx'
import { Dialog } from '#renderer/ui/Dialog.tsx'
import { ProblemNote } from '#renderer/ui/ProblemNote.tsx'
import { QrCode } from '#renderer/ui/QrCode.tsx'

/** Where deposits go. */
export function DepositDialog({ close }: { close: () => void }) {
  const { run, busy, problem } = useRequest('onchain.depositAddress')
  const network = useEngineSlice('wallet.status', (wallet) => wallet.network)
  const [address, setAddress] = useState<string>()
  useEffect(() => {
    const ask = async () => {
      const answer = await run({})
      if (answer.ok) setAddress(answer.value.address)
    }
    void ask()
  }, [run])
  return (
    <Dialog
      open
      onOpenChange={close}
      title="Deposit"
      description={`Send bitcoin of ${network ?? 'this network'} here, from any wallet or exchange. It is listed once it is on the chain, and claimed by you once it is confirmed: a fee is shown first.`}
      size="small"
      actions={
        <>
          {problem ? (
            <Button
              busy={busy}
              onClick={() =>
                void run({}).then((answer) => {
                  if (answer.ok) setAddress(answer.value.address)
                })
              }
            >
              Try again
            </Button>
          ) : null}
          <Button variant="primary" onClick={close}>
            Done
          </Button>
        </>
      }
    >
      {problem ? <ProblemNote level="danger" message={problem.message} /> : null}
      {address === undefined ? (
        problem ? null : (
          <output className="block py-6 text-center text-muted">Asking for an address</output>
        )
      ) : (
        <div className="flex flex-col items-center gap-3">
          <QrCode text={`bitcoin:${address}`} label="QR code of the deposit address" />
          <div className="flex w-full items-center gap-1 rounded-lg bg-sunken py-1 pl-3 pr-1">
            <code className="min-w-0 flex-1 font-mono text-sm wrap-anywhere">{address}</code>
            <CopyButton text={address} label="Copy the address" />
          </div>
        </div>
      )}
    </Dialog>
  )
}
