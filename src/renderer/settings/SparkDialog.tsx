import { useRef, useState, type FormEvent } from 'react'
import { toast } from 'sonner'
import { useEngineSlice } from '#renderer/state/useEngineState.ts'
import { useRequest } from '#renderer/state/useRequest.ts'
import { Button } from '#renderer/ui/Button.tsx'
import { Dialog } from '#renderer/ui/Dialog.tsx'
import { Field } from '#renderer/ui/Field.tsx'
import { Input } from '#renderer/ui/Input.tsx'
import { ProblemNote } from '#renderer/ui/ProblemNote.tsx'
import { RadioList } from '#renderer/ui/RadioList.tsx'
import { RealMoneyChecklist } from './RealMoneyChecklist.tsx'
import { needsOf } from './walletText.ts'

type SparkNetwork = 'regtest' | 'mainnet'
const FORM_ID = 'use-spark'
const NETWORKS = [
  { value: 'regtest' as const, label: 'Regtest', hint: 'Play money, with Spark’s real servers. A faucet gives some.' },
  { value: 'mainnet' as const, label: 'Mainnet', hint: 'Real money. Your phrase holds it, and nobody can bring it back.' },
]

/** Spark on one's own phrase. The API key is kept with the other secrets, and leaves this window with it. */
export function SparkDialog({ close }: { close: () => void }) {
  const choose = useRequest('walletChoice.choose')
  const needs = useEngineSlice('walletChoice.status', (status) => status.needs)
  const [network, setNetwork] = useState<SparkNetwork>('regtest')
  const [apiKey, setApiKey] = useState('')
  const keyField = useRef<HTMLInputElement>(null)
  const asked = needsOf({ kind: 'spark', network })
  const isTyped = apiKey.trim() !== ''
  const isReady = needs !== undefined && asked.every((name) => (name === 'apiKey' ? isTyped : needs[name]))
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (!isReady) return
    const answer = await choose.run({ kind: 'spark', network, ...(network === 'mainnet' ? { apiKey: apiKey.trim() } : {}) })
    if (!answer.ok) return
    toast('Spark is used from the next start')
    close()
  }
  return (
    <Dialog
      open
      onOpenChange={close}
      title="Use Spark"
      description="A Lightning wallet inside Souk, on your own phrase: no other program, no channels to tend."
      actions={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button variant="primary" type="submit" form={FORM_ID} busy={choose.busy} disabled={!isReady}>
            Use Spark
          </Button>
        </>
      }
    >
      <form id={FORM_ID} onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
        <RadioList
          label="Network"
          value={network}
          options={NETWORKS}
          onChange={(chosen) => {
            setNetwork(chosen)
            setApiKey('')
            choose.clear()
          }}
        />
        {network === 'mainnet' ? (
          <Field label="API key of Breez" hint="Kept with your phrase, never shown again.">
            {(control) => <Input {...control} ref={keyField} type="password" maxLength={10_000} value={apiKey} className="font-mono" onChange={(event) => setApiKey(event.target.value)} />}
          </Field>
        ) : null}
        {needs === undefined ? null : <RealMoneyChecklist asked={asked} needs={needs} apiKey={{ isTyped, focus: () => keyField.current?.focus() }} leave={close} />}
        {choose.problem ? <ProblemNote level="danger" message={choose.problem.message} /> : null}
      </form>
    </Dialog>
  )
}
