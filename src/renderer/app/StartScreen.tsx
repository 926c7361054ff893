import { useEffect, useState } from 'react'
import { useConnection } from '#renderer/state/useConnection.ts'
import { Button } from '#renderer/ui/Button.tsx'
import { Progress } from '#renderer/ui/Progress.tsx'

const PATIENCE_MS = 6_000

/** Before the engine's first word: nothing for 200 ms, then what is waited for, then the way out when it does not come. */
export function StartScreen() {
  const connection = useConnection()
  const late = useLate()
  return (
    <main className="appear-late flex h-full flex-col items-center justify-center gap-4 p-6 text-center">
      <h1 className="text-xl font-semibold">Souk</h1>
      {connection === 'closed' || (late && connection === 'connecting') ? (
        <div role="alert" className="flex max-w-96 flex-col items-center gap-4">
          <p>The engine does not answer. Look at the window or the terminal that started Souk; in a browser, open the address that it printed. It is tried again by itself.</p>
          <Button variant="primary" onClick={() => window.location.reload()}>
            Reload
          </Button>
        </div>
      ) : (
        <output className="flex w-48 flex-col gap-3">
          <span className="text-muted">{connection === 'open' ? 'Reading the store' : 'Connecting to the engine'}</span>
          <Progress label="Starting" />
        </output>
      )}
    </main>
  )
}

function useLate(): boolean {
  const [late, setLate] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), PATIENCE_MS)
    return () => clearTimeout(timer)
  }, [])
  return late
}
