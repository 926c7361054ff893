import { Toaster as Sonner } from 'sonner'
import { useView } from '#renderer/state/view.ts'

export function Toaster() {
  const theme = useView((view) => view.theme)
  return (
    <Sonner
      theme={theme}
      // At the top: the bottom is the composer's, and the bar's in a narrow window.
      position="top-center"
      offset={{ top: 44 }}
      mobileOffset={{ top: 40 }}
      gap={8}
      toastOptions={{
        unstyled: true,
        classNames: {
          toast: 'flex w-full items-center gap-3 rounded-lg border border-line-strong bg-surface px-3 py-2.5 text-base text-text sm:w-89',
          title: 'font-normal',
          description: 'text-sm text-muted',
          actionButton: 'ml-auto h-7 shrink-0 rounded-md border border-line-strong px-2 font-medium hover:bg-hover',
          icon: 'shrink-0',
          error: 'text-danger',
        },
      }}
    />
  )
}
