import { Badge } from '#renderer/ui/Badge.tsx'
import { Progress } from '#renderer/ui/Progress.tsx'
import { ShortId } from '#renderer/ui/ShortId.tsx'
import { SettingRow } from './SettingRow.tsx'
import { budgetText, holdText, renewalText, type Abilities } from './walletText.ts'

/** What a wallet says that it can do, as rows. */
export function AbilitiesRows({ abilities: { methods, holdInvoices, budget, lockAddress } }: { abilities: Abilities }) {
  return (
    <>
      <SettingRow label="Hold invoices" hint={holdText(holdInvoices)}>
        <Badge tone={holdInvoices ? 'neutral' : 'amber'}>{holdInvoices ? 'Yes' : 'No'}</Badge>
      </SettingRow>
      {budget === undefined ? null : (
        <SettingRow label="Budget" hint={renewalText(budget.renewsAt)}>
          <span className="flex w-44 flex-col gap-1">
            <span>{budgetText(budget)}</span>
            <Progress label="Used of the budget" value={budget.totalMsat === 0 ? 1 : budget.usedMsat / budget.totalMsat} />
          </span>
        </SettingRow>
      )}
      {lockAddress === undefined ? null : (
        <SettingRow label="Spark address" hint="Where others lock money for you.">
          <ShortId id={lockAddress} name="the Spark address" />
        </SettingRow>
      )}
      <SettingRow label="What it does" hint={methods.length === 0 ? 'It does not say.' : methods.map((method) => method.replaceAll('_', ' ')).join(', ')}>
        {null}
      </SettingRow>
    </>
  )
}
