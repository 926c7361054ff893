import { useId, useState } from 'react'
import { formatSats, type Msat } from '#shared/market/msat.ts'
import { NO_FAULTS, PAY_FAULTS } from '#shared/ipc/mintFaults.ts'
import type { MintFaults } from '#shared/ipc/settings.ts'
import type { RequestOutput } from '#renderer/state/client.ts'
import { useEngineState } from '#renderer/state/useEngineState.ts'
import { useRequest } from '#renderer/state/useRequest.ts'
import { AutosaveField } from '#renderer/ui/AutosaveField.tsx'
import { Badge } from '#renderer/ui/Badge.tsx'
import { Button } from '#renderer/ui/Button.tsx'
import { checkWhole, parseWhole } from '#renderer/ui/numberText.ts'
import { ProblemNote } from '#renderer/ui/ProblemNote.tsx'
import { Section } from '#renderer/ui/Section.tsx'
import { Select } from '#renderer/ui/Select.tsx'
import { ShortId } from '#renderer/ui/ShortId.tsx'
import { SkeletonRows } from '#renderer/ui/Skeleton.tsx'
import { Switch } from '#renderer/ui/Switch.tsx'
import { SettingRow, SettingRows } from './SettingRow.tsx'

const PAY_OPTIONS = (Object.keys(PAY_FAULTS) as MintFaults['pay'][]).map((value) => ({ value, label: PAY_FAULTS[value] }))
const MAX_DELAY_MS = 60_000

export function SandboxSection() {
  const sandbox = useEngineState('sandbox.status')
  return (
    <Section title="Sandbox" hint="The relay and the mint that run on this computer, for play money.">
      {sandbox === undefined ? (
        <SkeletonRows label="Loading the sandbox" rows={3} />
      ) : sandbox.role === 'none' ? (
        <p className="rounded-lg border border-line bg-surface px-4 py-2.5 text-muted">Not in use: this Souk is on another network.</p>
      ) : (
        <>
          <SettingRows>
            <SettingRow label="Role" hint={sandbox.role === 'host' ? 'This Souk runs the relay and the mint; others on this computer join it.' : 'Another Souk on this computer runs them. When it closes, this one takes over.'}>
              <Badge>{sandbox.role === 'host' ? 'Host' : 'Guest'}</Badge>
            </SettingRow>
            {sandbox.relayUrl === undefined ? null : (
              <SettingRow label="Relay">
                <span className="font-mono text-sm wrap-anywhere">{sandbox.relayUrl}</span>
              </SettingRow>
            )}
            {sandbox.mintPubkey === undefined ? null : (
              <SettingRow label="Mint">
                <ShortId id={sandbox.mintPubkey} name="the mint’s key" />
              </SettingRow>
            )}
            <SettingRow label="House seller" hint="Sells the toy, so that there is always somebody to ask.">
              <span>{sandbox.houseSeller ? 'on' : 'off'}</span>
            </SettingRow>
          </SettingRows>
          <Faults faults={sandbox.role === 'host' ? sandbox.faults : undefined} />
          {sandbox.role === 'host' ? <Audit /> : null}
        </>
      )}
    </Section>
  )
}

function Faults({ faults }: { faults: MintFaults | undefined }) {
  const setFaults = useRequest('sandbox.setFaults', { toastProblem: true })
  const payId = useId()
  const downId = useId()
  if (!faults) return <p className="text-sm text-muted">The mint’s faults can be switched only where it runs, in the host.</p>
  const active = faults.pay !== 'ok' || faults.hold !== 'ok' || faults.messages !== 'ok' || faults.down || faults.delayMs > 0
  return (
    <div className="flex flex-col gap-3">
      <h3 className="font-medium">Faults of the mint</h3>
      {active ? (
        <ProblemNote
          message="The mint misbehaves on request. Payments of everybody in this sandbox are affected."
          action={
            <Button size="small" busy={setFaults.busy} onClick={() => void setFaults.run(NO_FAULTS)}>
              Behave again
            </Button>
          }
        />
      ) : null}
      <SettingRows>
        <SettingRow label={<label htmlFor={payId}>When asked to pay</label>}>
          <span className="w-60">
            <Select id={payId} value={faults.pay} options={PAY_OPTIONS} onChange={(pay) => void setFaults.run({ pay })} />
          </span>
        </SettingRow>
        <SettingRow label={<label htmlFor={downId}>Answer nothing at all</label>}>
          <Switch id={downId} checked={faults.down} onChange={(down) => void setFaults.run({ down })} />
        </SettingRow>
      </SettingRows>
      <AutosaveField
        label="Delay of every answer"
        unit="ms"
        inputMode="numeric"
        className="max-w-60"
        value={faults.delayMs.toLocaleString('en-US')}
        check={(text) => checkWhole(text, 0, MAX_DELAY_MS)}
        save={(text) => setFaults.run({ delayMs: parseWhole(text) ?? 0 })}
      />
    </div>
  )
}

function Audit() {
  const audit = useRequest('sandbox.audit')
  const [result, setResult] = useState<RequestOutput<'sandbox.audit'>>()
  const run = async () => {
    const answer = await audit.run({})
    setResult(answer.ok ? answer.value : undefined)
  }
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <div>
          <h3 className="font-medium">Audit</h3>
          <p className="text-sm text-muted">Do all accounts together hold what was issued?</p>
        </div>
        <Button size="small" busy={audit.busy} onClick={() => void run()}>
          Audit the mint
        </Button>
      </div>
      {audit.problem ? <ProblemNote message={audit.problem.message} /> : null}
      {result ? <AuditResult result={result} /> : null}
    </div>
  )
}

function AuditResult({ result }: { result: RequestOutput<'sandbox.audit'> }) {
  const numbers: readonly [string, Msat][] = [
    ['Issued', result.issuedMsat],
    ['In accounts', result.accountsMsat],
    ['Held', result.heldMsat],
    ['Fees', result.feesMsat],
  ]
  return (
    <output className="flex flex-col gap-3 rounded-lg border border-line bg-surface px-4 py-3">
      <span className={result.balanced ? 'font-medium' : 'font-medium text-danger'}>{result.balanced ? `The books balance, over ${result.accounts} accounts.` : 'The books do not balance. This is a bug worth reporting.'}</span>
      <dl className="grid grid-cols-2 gap-x-6 gap-y-2 sm:grid-cols-4">
        {numbers.map(([name, amount]) => (
          <div key={name}>
            <dt className="text-sm text-muted">{name}</dt>
            <dd title={`${amount.toLocaleString('en-US')} msat`}>{formatSats(amount)}</dd>
          </div>
        ))}
      </dl>
    </output>
  )
}
