import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { EngineContext, linkEngine, type SoukClient } from '#renderer/state/client.ts'
import '#renderer/styles.css'
import { App } from './App.tsx'

/** Puts the app into the page, over whichever client. */
export function renderApp(client: SoukClient): void {
  const root = document.getElementById('root')
  if (!root) throw new Error('the page has no #root')
  createRoot(root).render(
    <StrictMode>
      <EngineContext value={linkEngine(client)}>
        <App />
      </EngineContext>
    </StrictMode>,
  )
}
