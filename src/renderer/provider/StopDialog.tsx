import { ConfirmDialog } from '#renderer/ui/ConfirmDialog.tsx'

/** Asked only when there is work that was paid for. */
export function StopDialog({ open, onOpenChange, paidJobs, onConfirm }: { open: boolean; onOpenChange: (open: boolean) => void; paidJobs: number; onConfirm: () => void }) {
  return (
    <ConfirmDialog
      open={open}
      onOpenChange={onOpenChange}
      title="Stop selling?"
      description={describe(paidJobs)}
      confirmLabel="Stop selling"
      onConfirm={onConfirm}
    />
  )
}

/** They may get done while it is asked. */
function describe(paidJobs: number): string {
  if (paidJobs === 0) return 'Everything that was paid for is done by now. New requests are no longer taken.'
  return `${paidJobs === 1 ? 'One job is' : `${paidJobs} jobs are`} paid for and not done. They are finished all the same; only new requests are no longer taken. Keep Souk open until they are through.`
}
