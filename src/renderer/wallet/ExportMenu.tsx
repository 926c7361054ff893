import { Download } from 'lucide-react'
import { useState } from 'react'
import { toast } from 'sonner'
import { Button } from '#renderer/ui/Button.tsx'
import { downloadFile } from '#renderer/ui/downloadFile.ts'
import { Menu } from '#renderer/ui/Menu.tsx'
import { exportName } from './exportHistory.ts'

export interface ExportMenuProps<Row> {
  /** What is exported, for who does not see where the button stands. */
  label: string
  /** The file's name without its date and ending. */
  fileName: string
  /** Every row there is, or why not. */
  gather: () => Promise<readonly Row[] | string>
  toCsv: (rows: readonly Row[]) => string
  toJson: (rows: readonly Row[]) => string
}

/** Hands all rows to the person as a file, in the form that is chosen. */
export function ExportMenu<Row>({ label, fileName, gather, toCsv, toJson }: ExportMenuProps<Row>) {
  const [busy, setBusy] = useState(false)
  const exportAs = async (kind: 'csv' | 'json') => {
    setBusy(true)
    const rows = await gather()
    setBusy(false)
    if (typeof rows === 'string') return void toast.error(`Nothing was exported. ${rows}`)
    const name = exportName(kind, new Date(), fileName)
    if (kind === 'csv') downloadFile(name, 'text/csv;charset=utf-8', toCsv(rows))
    else downloadFile(name, 'application/json', toJson(rows))
  }
  return (
    <Menu
      trigger={
        <Button size="small" icon={Download} busy={busy} aria-label={label}>
          Export
        </Button>
      }
      items={[
        { label: 'CSV, for a spreadsheet', onSelect: () => void exportAs('csv') },
        { label: 'JSON, for a program', onSelect: () => void exportAs('json') },
      ]}
    />
  )
}
