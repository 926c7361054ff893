import { useEffect } from 'react'
import { useEngineSlice } from '#renderer/state/useEngineState.ts'
import { useView } from '#renderer/state/view.ts'

/** The engine's setting decides; the page keeps a copy for the first paint. */
export function useTheme(): void {
  const setting = useEngineSlice('settings.values', (settings) => settings.theme)
  const theme = useView((view) => view.theme)
  const setTheme = useView((view) => view.setTheme)
  useEffect(() => {
    if (setting) setTheme(setting)
  }, [setting, setTheme])
  useEffect(() => {
    if (theme === 'system') delete document.documentElement.dataset['theme']
    else document.documentElement.dataset['theme'] = theme
  }, [theme])
}
