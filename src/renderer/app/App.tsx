import { Suspense, useEffect } from 'react'
import { useEngineEvent } from '#renderer/state/useEngineEvent.ts'
import { useEngineSlice } from '#renderer/state/useEngineState.ts'
import { useView } from '#renderer/state/view.ts'
import { SkeletonRows } from '#renderer/ui/Skeleton.tsx'
import { TooltipProvider } from '#renderer/ui/Tooltip.tsx'
import { WelcomeScreen } from '#renderer/welcome/WelcomeScreen.tsx'
import { CommandPalette } from './CommandPalette.tsx'
import { ConnectionBanner } from './ConnectionBanner.tsx'
import { ErrorBoundary } from './ErrorBoundary.tsx'
import { NoticeList } from './NoticeList.tsx'
import { PAGE_ENTRIES } from './pages.ts'
import { Rail } from './Rail.tsx'
import { SandboxBanner } from './SandboxBanner.tsx'
import { StartScreen } from './StartScreen.tsx'
import { Toaster } from './Toaster.tsx'
import { useShortcuts } from './useShortcuts.ts'
import { useTheme } from './useTheme.ts'

export function App() {
  useTheme()
  const welcomed = useEngineSlice('app.status', (status) => status.welcomed)
  return (
    <TooltipProvider>
      {welcomed === undefined ? <StartScreen /> : welcomed ? <Frame /> : <WelcomeScreen />}
      <Toaster />
    </TooltipProvider>
  )
}

function Frame() {
  useShortcuts()
  const page = useView((view) => view.page)
  const showPage = useView((view) => view.showPage)
  useEngineEvent('app.activated', (payload) => showPage(payload.page))
  const entry = PAGE_ENTRIES.find((candidate) => candidate.name === page)
  useEffect(() => {
    document.title = entry ? `${entry.label} · Souk` : 'Souk'
  }, [entry])
  const Shown = entry?.component
  return (
    <div className="flex h-full flex-col">
      <header>
        <ConnectionBanner />
        <SandboxBanner />
      </header>
      <div className="flex min-h-0 flex-1 flex-col wide:flex-row">
        <Rail />
        <main className="flex min-h-0 min-w-0 flex-1 flex-col">
          <NoticeList />
          <div className="min-h-0 flex-1">
            <ErrorBoundary resetKey={page}>
              <Suspense
                fallback={
                  <div className="p-6">
                    <h1 className="sr-only">{entry?.label}</h1>
                    <SkeletonRows label="Loading the page" rows={3} />
                  </div>
                }
              >
                {Shown ? <Shown /> : null}
              </Suspense>
            </ErrorBoundary>
          </div>
        </main>
      </div>
      <CommandPalette />
    </div>
  )
}
