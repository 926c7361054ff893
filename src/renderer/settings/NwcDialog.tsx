import { useState, type FormEvent } from 'react'
import { toast } from 'sonner'
import { NETWORKS, type Network } from '#shared/market/network.ts'
import { parseConnection } from '#shared/protocol/nip47.ts'
import type { RequestOutput } from '#renderer/state/client.ts'
import { useEngineSlice } from '#renderer/state/useEngineState.ts'
import { useRequest } from '#renderer/state/useRequest.ts'
import { Amount } from '#renderer/ui/Amount.tsx'
import { Button } from '#renderer/ui/Button.tsx'
import { Dialog } from '#renderer/ui/Dialog.tsx'
import { Field } from '#renderer/ui/Field.tsx'
import { Input } from '#renderer/ui/Input.tsx'
import { ProblemNote } from '#renderer/ui/ProblemNote.tsx'
import { Select } from '#renderer/ui/Select.tsx'
import { AbilitiesRows } from './AbilitiesList.tsx'
import { QrPicture } from './QrPicture.tsx'
import { RealMoneyChecklist } from './RealMoneyChecklist.tsx'
import { SettingRow, SettingRows } from './SettingRow.tsx'
import { needsOf } from './walletText.ts'

type Tried = RequestOutput<'walletChoice.try'>
const FORM_ID = 'connect-wallet'
const NETWORK_OPTIONS = NETWORKS.map((network) => ({ value: network, label: network }))

/** Paste or scan, try, look, choose. The connection is a secret: it lives in this window alone, and goes with it. */
export function NwcDialog({ close }: { close: () => void }) {
  const attempt = useRequest('walletChoice.try')
  const [connection, setConnection] = useState('')
  const [error, setError] = useState<string>()
  const [tried, setTried] = useState<Tried>()

  const tryIt = async (text: string) => {
    const parsed = parseConnection(text)
    setError(parsed.ok ? undefined : parsed.error.message)
    if (!parsed.ok) return
    const answer = await attempt.run({ connection: text.trim() })
    if (answer.ok) setTried(answer.value)
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void tryIt(connection)
  }
  if (tried) return <Found tried={tried} connection={connection} back={() => setTried(undefined)} close={close} />
  return (
    <Dialog
      open
      onOpenChange={close}
      title="Connect a wallet"
      description="Any wallet that speaks Nostr Wallet Connect gives you a connection string. Give it a budget there: Souk can spend no more."
      actions={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button variant="primary" type="submit" form={FORM_ID} busy={attempt.busy}>
            Try it
          </Button>
        </>
      }
    >
      <form id={FORM_ID} onSubmit={submit} className="flex flex-col gap-3">
        <Field label="Connection string" hint="It starts with nostr+walletconnect:// and is a secret: whoever has it can spend." error={error}>
          {(control) => (
            <Input
              {...control}
              type="password"
              value={connection}
              maxLength={4_096}
              placeholder="nostr+walletconnect://…"
              className="font-mono"
              onChange={(event) => {
                setConnection(event.target.value)
                setError(undefined)
                attempt.clear()
              }}
            />
          )}
        </Field>
        <QrPicture
          onText={(text) => {
            setConnection(text)
            void tryIt(text)
          }}
        />
        {attempt.busy ? <output className="text-sm text-muted">Asking the wallet what it can do. This takes up to ten seconds.</output> : null}
        {attempt.problem ? <ProblemNote level="danger" message={attempt.problem.message} /> : null}
      </form>
    </Dialog>
  )
}

function Found({ tried, connection, back, close }: { tried: Tried; connection: string; back: () => void; close: () => void }) {
  const choose = useRequest('walletChoice.choose')
  const needs = useEngineSlice('walletChoice.status', (status) => status.needs)
  const [network, setNetwork] = useState<Network | undefined>(tried.network)
  const asked = network === undefined ? [] : needsOf({ kind: 'nwc', network })
  const isReady = network !== undefined && needs !== undefined && asked.every((name) => name !== 'apiKey' && needs[name])
  const use = async () => {
    if (network === undefined) return
    const answer = await choose.run({ kind: 'nwc', connection: connection.trim(), network })
    if (!answer.ok) return
    toast(`${tried.alias} is used from the next start`)
    close()
  }
  return (
    <Dialog
      open
      onOpenChange={close}
      title={`${tried.alias} answers`}
      description="This is what it says of itself. Nothing was kept yet."
      actions={
        <>
          <Button onClick={back}>Back</Button>
          <Button variant="primary" busy={choose.busy} disabled={!isReady} onClick={() => void use()}>
            Use this wallet
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        <SettingRows>
          <SettingRow label="Network" hint={tried.network === undefined ? 'It does not say. Choose the one that its money is of.' : network === 'mainnet' ? 'Real money.' : 'Not real money.'}>
            {tried.network === undefined ? (
              <span className="w-32">
                <Select aria-label="Network" value={network} options={NETWORK_OPTIONS} onChange={setNetwork} />
              </span>
            ) : (
              tried.network
            )}
          </SettingRow>
          {tried.balanceMsat === undefined ? null : (
            <SettingRow label="Balance">
              <Amount msat={tried.balanceMsat} />
            </SettingRow>
          )}
          <AbilitiesRows abilities={tried} />
        </SettingRows>
        {needs === undefined ? null : <RealMoneyChecklist asked={asked} needs={needs} leave={close} />}
        {choose.problem ? <ProblemNote level="danger" message={choose.problem.message} /> : null}
      </div>
    </Dialog>
  )
}
