import { renderToStaticMarkup } from 'react-dom/server'
import { describe, expect, it } from 'vitest'
import { TooltipProvider } from '#renderer/ui/Tooltip.tsx'
import Markdown from './Markdown.tsx'

const render = (text: string, streaming = false) =>
  renderToStaticMarkup(
    <TooltipProvider>
      <Markdown text={text} streaming={streaming} />
    </TooltipProvider>,
  )

describe('Markdown of a stranger', () => {
  it('shows HTML as the text it is', () => {
    const html = render('Hello <script>alert(1)</script> <b onclick="x()">you</b>\n\n<iframe src="https://evil.example"></iframe>')
    expect(html).not.toMatch(/<(script|b|iframe)[ >]/)
    expect(html).toContain('&lt;script&gt;')
  })

  it.each([
    ['a picture', '![a cat](https://evil.example/cat.png)'],
    ['a picture by reference', '![a cat][c]\n\n[c]: https://evil.example/cat.png'],
    ['a picture in HTML', '<img src="https://evil.example/cat.png">'],
    ['a film in HTML', '<video src="https://evil.example/cat.mp4" autoplay></video>'],
  ])('fetches nothing for %s', (_name, text) => {
    expect(render(text)).not.toMatch(/<(img|video|source|picture|link|object|embed)[ >]|<[a-z]+[^>]*\s(src|srcset|poster|style)=/)
  })

  it.each(['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', 'JaVaScRiPt:alert(1)', '/settings'])('makes no link of %s', (address) => {
    const html = render(`[press](${address})`)
    expect(html).toContain('press')
    expect(html).not.toContain('href')
  })

  it('makes a link to the web that tells nobody where it came from', () => {
    expect(render('[press](https://example.org/a)')).toMatch(/<a href="https:\/\/example.org\/a" target="_blank" rel="noopener noreferrer nofollow"/)
  })

  it('shows code with its language and a way to copy it', () => {
    const html = render('```python\nprint("<b>")\n```')
    expect(html).toContain('aria-label="Code, python"')
    expect(html).toContain('aria-label="Copy the code"')
    expect(html).toContain('print(&quot;&lt;b&gt;&quot;)')
  })

  it('closes what is still open while it streams', () => {
    expect(render('A **bold', true)).toContain('<strong>bold</strong>')
    expect(render('```js\nlet a', true)).toContain('let a')
  })

  it('puts a model’s headings below the page’s own', () => {
    const html = render('# Big\n\n## Less')
    expect(html).not.toMatch(/<h[12]/)
    expect(html).toContain('<h3>Big</h3>')
  })
})
