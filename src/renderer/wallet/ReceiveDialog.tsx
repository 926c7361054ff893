import { CircleCheck } from 'lucide-react'
import { useState, type FormEvent } from 'react'
import { formatSats, parseSats } from '#shared/market/msat.ts'
import type { RequestOutput } from '#renderer/state/client.ts'
import { useEngineSlice } from '#renderer/state/useEngineState.ts'
import { useNow } from '#renderer/state/useNow.ts'
import { useRequest } from '#renderer/state/useRequest.ts'
import { durationText } from '#renderer/ui/agoText.ts'
import { Button } from '#renderer/ui/Button.tsx'
import { CopyButton } from '#renderer/ui/CopyButton.tsx'
import { Dialog } from '#renderer/ui/Dialog.tsx'
import { Field } from '#renderer/ui/Field.tsx'
import { Input } from '#renderer/ui/Input.tsx'
import { ProblemNote } from '#renderer/ui/ProblemNote.tsx'
import { QrCode } from '#renderer/ui/QrCode.tsx'
import { useLookup } from './useLookup.ts'

type Invoice = RequestOutput<'wallet.createInvoice'>

const FORM_ID = 'receive'
const MAX_NOTE = 300

/** An amount, a note, and then an invoice that turns to "Paid" by itself. */
export function ReceiveDialog({ close }: { close: () => void }) {
  const create = useRequest('wallet.createInvoice')
  const [invoice, setInvoice] = useState<Invoice>()
  const [amount, setAmount] = useState('')
  const [note, setNote] = useState('')
  const [error, setError] = useState<string>()
  const sandbox = useEngineSlice('app.status', (status) => status.mode === 'sandbox')

  const make = async () => {
    const amountMsat = parseSats(amount)
    if (amountMsat === null || amountMsat === 0) return setError('Sats as a number, for example 500.')
    const answer = await create.run({ amountMsat, description: note.trim() })
    if (answer.ok) setInvoice(answer.value)
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void make()
  }

  if (invoice) return <InvoiceDialog key={invoice.paymentHash} invoice={invoice} note={note.trim()} busy={create.busy} again={() => void make()} close={close} />
  return (
    <Dialog
      open
      onOpenChange={close}
      title="Receive"
      description={sandbox ? 'An invoice for play money. Only wallets of this sandbox can pay it.' : 'An invoice that any Lightning wallet can pay.'}
      size="small"
      actions={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button variant="primary" type="submit" form={FORM_ID} busy={create.busy}>
            Make invoice
          </Button>
        </>
      }
    >
      <form id={FORM_ID} onSubmit={submit} className="flex flex-col gap-4">
        <Field label="Amount" error={error}>
          {(control) => (
            <Input
              {...control}
              unit="sats"
              inputMode="decimal"
              value={amount}
              onChange={(event) => {
                setAmount(event.target.value)
                setError(undefined)
              }}
            />
          )}
        </Field>
        <Field label="Note" hint="The payer reads it. May stay empty.">
          {(control) => <Input {...control} value={note} maxLength={MAX_NOTE} onChange={(event) => setNote(event.target.value)} />}
        </Field>
      </form>
      {create.problem ? <ProblemNote level="danger" message={create.problem.message} className="mt-3" /> : null}
    </Dialog>
  )
}

function InvoiceDialog({ invoice, note, busy, again, close }: { invoice: Invoice; note: string; busy: boolean; again: () => void; close: () => void }) {
  const now = useNow()
  const payment = useLookup(invoice.paymentHash, 'incoming')
  const paid = payment?.state === 'settled'
  const expired = !paid && (payment?.state === 'expired' || invoice.expiresAt <= now)
  const amount = `${formatSats(invoice.amountMsat)} sats`
  return (
    <Dialog
      open
      onOpenChange={close}
      title={paid ? 'Paid' : `Receive ${amount}`}
      {...(note === '' ? {} : { description: note })}
      size="small"
      actions={
        <>
          {expired ? (
            <Button variant="primary" busy={busy} onClick={again}>
              Make a new one
            </Button>
          ) : null}
          <Button variant={paid ? 'primary' : 'secondary'} onClick={close}>
            {paid ? 'Done' : 'Close'}
          </Button>
        </>
      }
    >
      {paid ? (
        <output className="flex flex-col items-center gap-2 py-6 text-center">
          <CircleCheck aria-hidden size={40} className="text-money" />
          <span className="text-xl font-semibold text-money">+{amount}</span>
          <span className="text-muted">It is in your wallet.</span>
        </output>
      ) : expired ? (
        <ProblemNote level="info" message="This invoice has expired and can no longer be paid." />
      ) : (
        <div className="flex flex-col items-center gap-3">
          <QrCode text={invoice.bolt11} label={`QR code of the invoice over ${amount}`} />
          <div className="flex w-full items-center gap-1 rounded-lg bg-sunken py-1 pl-3 pr-1">
            <code title={invoice.bolt11} className="min-w-0 flex-1 truncate font-mono text-sm">
              {invoice.bolt11}
            </code>
            <CopyButton text={invoice.bolt11} label="Copy the invoice" />
          </div>
          <p className="text-sm text-muted">
            Waiting for the payment. Expires in <time dateTime={new Date(invoice.expiresAt).toISOString()}>{durationText(Math.max(0, Math.ceil((invoice.expiresAt - now) / 1_000) * 1_000))}</time>.
          </p>
        </div>
      )}
    </Dialog>
  )
}
