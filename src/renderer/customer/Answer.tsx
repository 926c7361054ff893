import { lazy, Suspense } from 'react'

const loadMarkdown = () => import('./Markdown.tsx')
const Markdown = lazy(loadMarkdown)

/** Fetches the Markdown code early, so that the first answer does not change its looks. */
export function preloadMarkdown(): void {
  void loadMarkdown()
}

export function Answer({ text, streaming }: { text: string; streaming: boolean }) {
  return (
    <Suspense fallback={<p className="prose-answer whitespace-pre-wrap">{text}</p>}>
      <Markdown text={text} streaming={streaming} />
    </Suspense>
  )
}
