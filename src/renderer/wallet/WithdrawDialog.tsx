import { CircleCheck } from 'lucide-react'
import { useRef, useState, type FormEvent } from 'react'
import type { WithdrawalSpeed } from '#shared/ipc/onchain.ts'
import { addMsat, formatSats, parseSats } from '#shared/market/msat.ts'
import type { RequestOutput } from '#renderer/state/client.ts'
import { useRequest } from '#renderer/state/useRequest.ts'
import { Button } from '#renderer/ui/Button.tsx'
import { Dialog } from '#renderer/ui/Dialog.tsx'
import { Field } from '#renderer/ui/Field.tsx'
import { Input } from '#renderer/ui/Input.tsx'
import { ProblemNote } from '#renderer/ui/ProblemNote.tsx'
import { RadioList } from '#renderer/ui/RadioList.tsx'
import { ShortId } from '#renderer/ui/ShortId.tsx'
import { readWithdrawAnswer, SPEEDS, type WithdrawState } from './withdrawText.ts'

type Quote = RequestOutput<'onchain.quoteWithdrawal'>
const FORM_ID = 'withdraw'

/** Address and amount, then the fees to choose from, then what became of it. */
export function WithdrawDialog({ close }: { close: () => void }) {
  const ask = useRequest('onchain.quoteWithdrawal')
  const [address, setAddress] = useState('')
  const [amount, setAmount] = useState('')
  const [errors, setErrors] = useState<{ address?: string; amount?: string }>({})
  const [quote, setQuote] = useState<Quote>()

  const submit = async (event: FormEvent) => {
    event.preventDefault()
    const amountMsat = parseSats(amount)
    const found = { ...(address.trim() === '' ? { address: 'Paste the address that it goes to.' } : {}), ...(amountMsat === null || amountMsat === 0 || amountMsat % 1_000 !== 0 ? { amount: 'Whole sats as a number, for example 20,000.' } : {}) }
    setErrors(found)
    if (Object.keys(found).length > 0 || amountMsat === null) return
    const answer = await ask.run({ address: address.trim(), amountMsat })
    if (answer.ok) setQuote(answer.value)
  }
  if (quote) return <Review key={quote.quoteId} quote={quote} back={() => setQuote(undefined)} close={close} />
  return (
    <Dialog
      open
      onOpenChange={close}
      title="Withdraw"
      description="Send to a Bitcoin address. You see the fees before anything is sent."
      size="small"
      actions={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button variant="primary" type="submit" form={FORM_ID} busy={ask.busy}>
            See the fees
          </Button>
        </>
      }
    >
      <form id={FORM_ID} onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
        <Field label="Address" error={errors.address}>
          {(control) => <Input {...control} value={address} maxLength={200} className="font-mono" onChange={(event) => setAddress(event.target.value)} />}
        </Field>
        <Field label="Amount" hint="What arrives; the fee comes on top." error={errors.amount}>
          {(control) => <Input {...control} unit="sats" inputMode="numeric" value={amount} onChange={(event) => setAmount(event.target.value)} />}
        </Field>
        {ask.problem ? <ProblemNote level="danger" message={ask.problem.message} /> : null}
      </form>
    </Dialog>
  )
}

const TITLES: Record<WithdrawState['state'], string> = { sent: 'On its way', unknown: 'Not known yet', asks: 'This is above your limit', failed: 'Nothing was sent' }

function Review({ quote, back, close }: { quote: Quote; back: () => void; close: () => void }) {
  const withdraw = useRequest('onchain.withdraw')
  const [speed, setSpeed] = useState<WithdrawalSpeed>('medium')
  const [outcome, setOutcome] = useState<WithdrawState>()
  // One press is one withdrawal; the engine would also send a quote only once.
  const sent = useRef(false)
  const totalMsat = addMsat(quote.amountMsat, quote.feesMsat[speed])
  const send = async (isConfirmed: boolean) => {
    if (sent.current) return
    sent.current = true
    const read = readWithdrawAnswer(await withdraw.run({ quoteId: quote.quoteId, speed, ...(isConfirmed ? { confirmedMsat: totalMsat } : {}) }))
    setOutcome(read)
    sent.current = read.state !== 'asks' && read.state !== 'failed'
  }
  const isOver = outcome?.state === 'sent' || outcome?.state === 'unknown'
  const isStale = outcome?.state === 'failed' && outcome.stale
  return (
    <Dialog
      open
      onOpenChange={close}
      title={outcome ? TITLES[outcome.state] : `Send ${formatSats(quote.amountMsat)} sats to the chain?`}
      size="small"
      actions={
        isOver ? (
          <Button variant="primary" onClick={close}>
            Done
          </Button>
        ) : (
          <>
            <Button onClick={back}>{isStale ? 'Ask for the fees again' : 'Back'}</Button>
            {isStale ? null : (
              <Button variant="primary" busy={withdraw.busy} onClick={() => void send(outcome?.state === 'asks')}>
                {outcome?.state === 'asks' ? 'Yes, send' : 'Send'} {formatSats(totalMsat)} sats
              </Button>
            )}
          </>
        )
      }
    >
      {outcome?.state === 'sent' ? (
        <output className="flex flex-col items-center gap-2 py-6 text-center">
          <CircleCheck aria-hidden size={40} className="text-muted" />
          <span className="text-xl font-semibold">{formatSats(quote.amountMsat)} sats sent</span>
          <span className="text-muted">Fee: {formatSats(outcome.feeMsat)} sats.</span>
          {outcome.txId === undefined ? null : <ShortId id={outcome.txId} name="the transaction’s id" />}
        </output>
      ) : outcome?.state === 'unknown' ? (
        <ProblemNote title="It may have been sent" message={`${outcome.message} Souk goes on asking until it knows, and never sends this twice. You may close this.`} />
      ) : (
        <div className="flex flex-col gap-3">
          {outcome ? <ProblemNote level={outcome.state === 'failed' ? 'danger' : 'warning'} message={outcome.message} /> : null}
          <p>
            To <code className="font-mono text-sm wrap-anywhere">{quote.address}</code>
          </p>
          <RadioList
            label="Speed"
            value={speed}
            options={SPEEDS.map(({ value, label, hint }) => ({ value, label: `${label}: ${formatSats(quote.feesMsat[value])} sats`, hint }))}
            onChange={(chosen) => {
              setSpeed(chosen)
              setOutcome(undefined)
            }}
          />
          <p className="text-sm text-muted">
            In all {formatSats(totalMsat)} sats leave your wallet.
          </p>
        </div>
      )}
    </Dialog>
  )
}
