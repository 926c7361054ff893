import { memo, type ReactNode } from 'react'
import { Streamdown, type Components } from 'streamdown'
import { CopyButton } from '#renderer/ui/CopyButton.tsx'
import { OutsideLink } from './OutsideLink.tsx'

/**
 * A model's words are a stranger's: no raw HTML, nothing is fetched for them. A picture is shown as its address, a
 * link asks before it opens. No plugin is loaded, so no highlighter or diagram code either. The mode stays `streaming`
 * after the end: changing it would build the whole answer anew and move the page.
 */
const Markdown = memo(function Markdown({ text, streaming }: { text: string; streaming: boolean }) {
  return (
    <Streamdown className="prose-answer" mode="streaming" parseIncompleteMarkdown={streaming} components={COMPONENTS} rehypePlugins={NO_PLUGINS} controls={false}>
      {text}
    </Streamdown>
  )
})
export default Markdown

const NO_PLUGINS: [] = []

/** What Streamdown hands to any of its components, as far as it is used here. */
interface Given {
  node?: unknown
  href?: unknown
  src?: unknown
  alt?: unknown
  className?: unknown
  children?: unknown
}
const textOrNone = (value: unknown): string => (typeof value === 'string' ? value : '')
// Streamdown builds children as React nodes; its type for custom names says only `unknown`.
const nodeOf = (children: unknown): ReactNode => children as ReactNode

const COMPONENTS: Components = {
  a: ({ href, children }: Given) => <OutsideLink href={textOrNone(href)}>{nodeOf(children)}</OutsideLink>,
  img: ({ src, alt }: Given) => <OutsideLink href={textOrNone(src)}>Picture, not loaded{textOrNone(alt) ? `: ${textOrNone(alt)}` : ''}</OutsideLink>,
  code: ({ className, children }: Given) => <CodeBlock language={/language-(\S+)/.exec(textOrNone(className))?.[1]}>{nodeOf(children)}</CodeBlock>,
  inlineCode: ({ children }: Given) => <code>{nodeOf(children)}</code>,
  table: ({ children }: Given) => (
    <section aria-label="Table" className="table-box">
      <table>{nodeOf(children)}</table>
    </section>
  ),
  // The page has its own h1 and h2: a model's headings go below them.
  h1: 'h3',
  h2: 'h4',
  h3: 'h5',
  h4: 'h6',
  h5: 'h6',
  h6: 'h6',
  // The bare elements, so that the app's own style sheet is the only one.
  p: 'p',
  ul: 'ul',
  ol: 'ol',
  li: 'li',
  blockquote: 'blockquote',
  hr: 'hr',
  strong: 'strong',
  em: 'em',
  thead: 'thead',
  tbody: 'tbody',
  tr: 'tr',
  th: 'th',
  td: 'td',
  sup: 'sup',
  sub: 'sub',
}

function CodeBlock({ language, children }: { language: string | undefined; children: ReactNode }) {
  const text = textOf(children).replace(/\n$/, '')
  return (
    <figure aria-label={language ? `Code, ${language}` : 'Code'} className="code-box">
      <figcaption>
        <span>{language ?? 'text'}</span>
        <CopyButton text={text} label="Copy the code" />
      </figcaption>
      {/* It may scroll sideways: without a focus of its own the keyboard could not reach its end (WCAG 2.1.1). */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre tabIndex={0}>
        <code>{text}</code>
      </pre>
    </figure>
  )
}

function textOf(node: ReactNode): string {
  if (typeof node === 'string' || typeof node === 'number') return String(node)
  if (Array.isArray(node)) return node.map(textOf).join('')
  return ''
}
