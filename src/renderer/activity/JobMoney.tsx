import { Lock } from 'lucide-react'
import type { JobRow } from '#shared/ipc/common.ts'
import { debtOf } from '#shared/ipc/debt.ts'
import { formatSats, ZERO_MSAT } from '#shared/market/msat.ts'
import { Amount } from '#renderer/ui/Amount.tsx'
import { isSure } from './debt.ts'

type Money = Pick<JobRow, 'role' | 'state' | 'final' | 'movedMsat' | 'lockedMsat' | 'lockedUntil' | 'owedMsat' | 'claimableMsat' | 'paidBackMsat'>

/** What moved in a job; with what is locked and what is owed under it, where there is any. While the answer is on its way, that it is owed is no alarm. */
export function JobMoney({ row }: { row: Money }) {
  const { role, state, final, movedMsat, lockedMsat = ZERO_MSAT, lockedUntil, paidBackMsat = ZERO_MSAT } = row
  const owedMsat = debtOf(row)
  const sold = role === 'provider'
  const notes = [
    lockedMsat > 0 ? { key: 'locked', tone: 'text-violet', title: lockedUntil === undefined ? 'Locked' : `Locked until ${new Date(lockedUntil).toLocaleString()}`, text: `${formatSats(lockedMsat)} locked` } : null,
    owedMsat > 0 ? { key: 'owed', tone: final || state === 'owed' ? 'text-danger' : 'text-muted', title: sold ? 'Paid to you and not delivered' : 'Paid by you and not delivered', text: `${formatSats(owedMsat)} ${isSure(row) ? 'owed' : 'may be owed'}` } : null,
    paidBackMsat > 0 ? { key: 'back', tone: 'text-muted', title: sold ? 'Paid back to the customer since' : 'Paid back to you since', text: `${formatSats(paidBackMsat)} paid back` } : null,
  ].filter((note) => note !== null)
  return (
    <span className="flex flex-col items-end leading-tight">
      {movedMsat === 0 && notes.length > 0 ? null : movedMsat === 0 ? '0' : <Amount msat={movedMsat} bare direction={sold ? 'in' : 'out'} />}
      {notes.map(({ key, tone, title, text }) => (
        <span key={key} title={title} className={`flex items-center gap-1 text-sm font-normal whitespace-normal ${tone}`}>
          {key === 'locked' ? <Lock aria-hidden size={12} /> : null}
          {text}
        </span>
      ))}
    </span>
  )
}
