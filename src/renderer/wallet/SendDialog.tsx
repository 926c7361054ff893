import { CircleCheck } from 'lucide-react'
import { useEffect, useRef, useState, type FormEvent, type ReactNode } from 'react'
import { toast } from 'sonner'
import { addMsat, formatSats, type Msat } from '#shared/market/msat.ts'
import { RefusalNote } from '#renderer/customer/RefusalNote.tsx'
import { useClient, type RequestOutput } from '#renderer/state/client.ts'
import { useEngineState } from '#renderer/state/useEngineState.ts'
import { useNow } from '#renderer/state/useNow.ts'
import { useRequest } from '#renderer/state/useRequest.ts'
import { durationText } from '#renderer/ui/agoText.ts'
import { Amount } from '#renderer/ui/Amount.tsx'
import { Button } from '#renderer/ui/Button.tsx'
import { Dialog } from '#renderer/ui/Dialog.tsx'
import { Field } from '#renderer/ui/Field.tsx'
import { ProblemNote } from '#renderer/ui/ProblemNote.tsx'
import { ShortId } from '#renderer/ui/ShortId.tsx'
import { TextArea } from '#renderer/ui/TextArea.tsx'
import { readInvoiceText } from './invoiceText.ts'
import { followOutcome, readPayAnswer, type SendOutcome } from './sendOutcome.ts'
import { useLookup } from './useLookup.ts'

type Inspected = RequestOutput<'wallet.inspectInvoice'>
interface Chosen {
  bolt11: string
  invoice: Inspected
}

const FORM_ID = 'send'

/** Paste, look, confirm, and then what became of it. */
export function SendDialog({ close }: { close: () => void }) {
  const [chosen, setChosen] = useState<Chosen>()
  return chosen ? <Review chosen={chosen} back={() => setChosen(undefined)} close={close} /> : <Paste choose={setChosen} close={close} />
}

function Paste({ choose, close }: { choose: (chosen: Chosen) => void; close: () => void }) {
  const inspect = useRequest('wallet.inspectInvoice')
  const [text, setText] = useState('')
  const [error, setError] = useState<string>()
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    const read = readInvoiceText(text)
    if (!read.ok) return setError(read.error.message)
    const answer = await inspect.run({ bolt11: read.value })
    if (answer.ok) choose({ bolt11: read.value, invoice: answer.value })
    else setError(answer.error.message)
  }
  return (
    <Dialog
      open
      onOpenChange={close}
      title="Send"
      description="Pay a Lightning invoice. You see what it asks before anything is paid."
      actions={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button variant="primary" type="submit" form={FORM_ID} busy={inspect.busy}>
            Look at it
          </Button>
        </>
      }
    >
      <form id={FORM_ID} onSubmit={(event) => void submit(event)}>
        <Field label="Invoice" error={error}>
          {(control) => (
            <TextArea
              {...control}
              rows={4}
              value={text}
              spellCheck={false}
              className="font-mono text-sm break-all"
              placeholder="lnbc…"
              onChange={(event) => {
                setText(event.target.value)
                setError(undefined)
              }}
              onKeyDown={(event) => {
                if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
                event.preventDefault()
                event.currentTarget.form?.requestSubmit()
              }}
            />
          )}
        </Field>
      </form>
    </Dialog>
  )
}

function Review({ chosen: { bolt11, invoice }, back, close }: { chosen: Chosen; back: () => void; close: () => void }) {
  const client = useClient()
  const wallet = useEngineState('wallet.status')
  const now = useNow()
  const [sending, setSending] = useState(false)
  const [answered, setAnswered] = useState<SendOutcome>()
  // A second press is stopped here at once, not at the next render; the engine would also pay only once.
  const sent = useRef(false)
  const open = useRef(true)
  useEffect(() => {
    open.current = true
    return () => {
      open.current = false
    }
  }, [])
  const seen = useLookup(answered?.state === 'unknown' ? invoice.paymentHash : undefined, 'outgoing')
  const outcome = answered && followOutcome(answered, seen)
  const total = addMsat(invoice.amountMsat, invoice.maxFeeMsat)

  const pay = async (confirmedMsat?: Msat) => {
    if (sent.current) return
    sent.current = true
    setSending(true)
    setAnswered(undefined)
    const result = readPayAnswer(await client.request('wallet.pay', { bolt11, maxFeeMsat: invoice.maxFeeMsat, ...(confirmedMsat === undefined ? {} : { confirmedMsat }) }))
    if (open.current) {
      setSending(false)
      setAnswered(result)
    } else tellOutcome(result, formatSats(invoice.amountMsat))
  }
  const tryAgain = () => {
    sent.current = false
    setAnswered(undefined)
  }
  const confirm = () => {
    sent.current = false
    void pay(invoice.amountMsat)
  }

  const obstacle = findObstacle(invoice, wallet, now, total)
  return (
    <Dialog
      open
      onOpenChange={close}
      title={outcome ? OUTCOME_TITLES[outcome.state] : sending ? 'Sending' : `Send ${formatSats(invoice.amountMsat)} sats?`}
      actions={
        outcome ? (
          <>
            {outcome.state === 'failed' && outcome.again ? <Button onClick={tryAgain}>Try again</Button> : null}
            {outcome.state === 'asks' ? <Button onClick={close}>Do not send</Button> : null}
            {outcome.state === 'asks' ? (
              <Button variant="primary" onClick={confirm}>
                Yes, send {formatSats(invoice.amountMsat)} sats
              </Button>
            ) : (
              <Button variant="primary" onClick={close}>
                {outcome.state === 'unknown' ? 'Close' : 'Done'}
              </Button>
            )}
          </>
        ) : (
          <>
            {sending ? null : <Button onClick={back}>Back</Button>}
            <Button variant="primary" busy={sending} disabled={obstacle !== undefined} onClick={() => void pay()}>
              {sending ? 'Sending' : `Send ${formatSats(invoice.amountMsat)} sats`}
            </Button>
          </>
        )
      }
    >
      {outcome ? <Outcome outcome={outcome} amount={formatSats(invoice.amountMsat)} /> : null}
      {outcome?.state === 'settled' ? null : (
        <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-1.5 py-1">
          <Fact name="Amount">
            <Amount msat={invoice.amountMsat} className="font-semibold" />
          </Fact>
          <Fact name="Fee">
            at most <Amount msat={invoice.maxFeeMsat} />
          </Fact>
          <Fact name="For">{invoice.description === '' ? <span className="text-muted">The invoice does not say</span> : <span className="wrap-anywhere">{invoice.description}</span>}</Fact>
          <Fact name="Network">{invoice.network}</Fact>
          <Fact name="Expires">{invoice.expiresAt <= now ? 'expired' : `in ${durationText(Math.ceil((invoice.expiresAt - now) / 1_000) * 1_000)}`}</Fact>
          <Fact name="Hash">
            <ShortId id={invoice.paymentHash} name="the payment hash" />
          </Fact>
        </dl>
      )}
      {!outcome && !sending && obstacle ? <RefusalNote message={obstacle} className="mt-3" /> : null}
      {sending ? <p className="mt-3 text-sm text-muted">The wallet has it. You may close this: the outcome is told either way.</p> : null}
    </Dialog>
  )
}

const OUTCOME_TITLES: Record<SendOutcome['state'], string> = { settled: 'Sent', failed: 'Not sent', unknown: 'Not known yet', asks: 'This is above your limit' }

function Outcome({ outcome, amount }: { outcome: SendOutcome; amount: string }) {
  switch (outcome.state) {
    case 'settled':
      return (
        <output className="flex flex-col items-center gap-2 py-6 text-center">
          <CircleCheck aria-hidden size={40} className="text-muted" />
          <span className="text-xl font-semibold">{amount} sats sent</span>
          <span className="text-muted">{outcome.feeMsat === 0 ? 'No fee.' : `Fee: ${formatSats(outcome.feeMsat)} sats.`}</span>
        </output>
      )
    case 'failed':
      return <RefusalNote level="danger" title="Nothing was paid this time" message={outcome.message} className="mb-3" />
    case 'asks':
      return <ProblemNote title={`Really send ${amount} sats?`} message={outcome.message} className="mb-3" />
    case 'unknown':
      return <ProblemNote title="The payment may have gone through" message={`${outcome.message} Souk goes on asking the wallet until it knows, and never pays this invoice twice. You may close this.`} className="mb-3" />
  }
}

function tellOutcome(outcome: SendOutcome, amount: string): void {
  if (outcome.state === 'settled') toast(`${amount} sats sent`)
  else if (outcome.state === 'failed' || outcome.state === 'asks') toast.error(`${amount} sats were not sent. ${outcome.message}`)
  else toast(`Whether ${amount} sats were sent is not known yet. The wallet is asked until it is.`)
}

function findObstacle(invoice: Inspected, wallet: ReturnType<typeof useEngineState<'wallet.status'>>, now: number, total: ReturnType<typeof addMsat>): string | undefined {
  if (wallet && invoice.network !== wallet.network) return `This invoice is for ${invoice.network}; your wallet is on ${wallet.network}.`
  if (invoice.expired || invoice.expiresAt <= now) return 'This invoice has expired. Ask for a new one.'
  if (wallet?.state === 'unavailable') return 'The wallet does not answer just now.'
  if (wallet?.spendingStopped) return 'Spending is stopped. Allow it again in the wallet, then send.'
  const availableMsat = wallet?.availableMsat ?? wallet?.balanceMsat
  if (availableMsat !== undefined && availableMsat < total) return `${formatSats(availableMsat)} sats are available; with the fee this needs up to ${formatSats(total)}.`
  return undefined
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0">{children}</dd>
    </>
  )
}
