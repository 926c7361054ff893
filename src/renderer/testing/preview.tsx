/** `preview.html?scene=busy&page=buy&thread=sky&theme=dark`: the page over a scripted engine. Not part of the build. */
import { renderApp } from '#renderer/app/renderApp.tsx'
import { PAGES, useView } from '#renderer/state/view.ts'
import type { Later } from './fakeEngine.ts'
import { playScene, SCENES } from './scenes.ts'

const query = new URLSearchParams(location.search)
/** Here somebody looks: what takes a while in the app does so. */
const later: Later = (delayMs, run) => {
  const timer = setTimeout(run, delayMs)
  return () => clearTimeout(timer)
}
const engine = playScene(SCENES.find((scene) => scene === query.get('scene')) ?? 'busy', Date.now(), later)

const page = PAGES.find((candidate) => candidate === query.get('page'))
if (page) useView.getState().showPage(page)
if (query.has('thread')) useView.getState().openThread(query.get('thread') ?? undefined)
const theme = query.get('theme')
const settings = engine.getState('settings.values')
if (settings && (theme === 'light' || theme === 'dark')) engine.setState('settings.values', { ...settings, theme })

// For driving it from a browser's console or a script: `soukPreview.setConnection('closed')`.
Object.assign(window, { soukPreview: engine })
renderApp(engine.client)
