import { Download } from 'lucide-react'
import { writeReceiptCsv } from '#shared/protocol/receiptCsv.ts'
import { writeReceiptFile, type JobReceipts } from '#shared/protocol/receiptFile.ts'
import { Button } from '#renderer/ui/Button.tsx'
import { downloadFile } from '#renderer/ui/downloadFile.ts'
import { Menu } from '#renderer/ui/Menu.tsx'

export interface ReceiptMenuProps {
  label: string
  /** Without its ending. */
  fileName: string
  busy?: boolean
  size?: 'small' | 'medium'
  /** What goes into the file; null: nothing, and the person has been told why. */
  gather: () => Promise<readonly JobReceipts[] | null>
}

/** Hands receipts to the person as a file, in the form that is chosen. */
export function ReceiptMenu({ label, fileName, busy = false, size = 'medium', gather }: ReceiptMenuProps) {
  const save = async (kind: 'json' | 'csv') => {
    const jobs = await gather()
    if (jobs === null) return
    if (kind === 'json') downloadFile(`${fileName}.json`, 'application/json', writeReceiptFile(jobs))
    else downloadFile(`${fileName}.csv`, 'text/csv;charset=utf-8', writeReceiptCsv(jobs))
  }
  return (
    <Menu
      trigger={
        <Button size={size} icon={Download} busy={busy}>
          {label}
        </Button>
      }
      items={[
        { label: 'JSON, to verify', onSelect: () => void save('json') },
        { label: 'CSV, for a spreadsheet', onSelect: () => void save('csv') },
      ]}
    />
  )
}
