import { ArrowRight, FlaskConical, MessageSquareText, Store, type LucideIcon } from 'lucide-react'
import { useState } from 'react'
import { useRequest } from '#renderer/state/useRequest.ts'
import { useView, type PageName } from '#renderer/state/view.ts'
import { ProblemNote } from '#renderer/ui/ProblemNote.tsx'

type Choice = 'sandbox' | 'sell' | 'buy'

const CHOICES: readonly { choice: Choice; page: PageName; icon: LucideIcon; title: string; text: string }[] = [
  { choice: 'sandbox', page: 'buy', icon: FlaskConical, title: 'Try the sandbox', text: '100,000 sats of play money and a toy seller. Ask something and see how it works.' },
  { choice: 'sell', page: 'sell', icon: Store, title: 'Sell answers', text: 'Your computer answers with its own model and is paid by the job.' },
  { choice: 'buy', page: 'buy', icon: MessageSquareText, title: 'Buy answers', text: 'See who sells, at what price and who could read it, and pay a few sats an answer.' },
]

/** The first start: three ways in, nothing to fill in. Every way starts on the sandbox; real money is a choice in Settings. */
export function WelcomeScreen() {
  const finish = useRequest('app.finishWelcome')
  const showPage = useView((view) => view.showPage)
  const [chosen, setChosen] = useState<Choice>()
  const choose = async (choice: Choice, page: PageName) => {
    setChosen(choice)
    showPage(page)
    await finish.run({ choice })
  }
  return (
    <main className="flex h-full flex-col items-center overflow-y-auto px-6 py-10">
      <div className="my-auto flex w-full max-w-xl flex-col gap-6">
        <header>
          <h1 className="text-2xl font-semibold tracking-tight">Souk</h1>
          <p className="mt-2 text-lg text-muted">Anyone with a model sells answers, anyone with a few sats buys them. No account, nobody in between.</p>
        </header>
        <ul className="flex flex-col overflow-hidden rounded-lg border border-line-strong bg-surface">
          {CHOICES.map(({ choice, page, icon: Icon, title, text }) => (
            <li key={choice} className="border-b border-line last:border-b-0">
              <button
                type="button"
                aria-busy={(finish.busy && chosen === choice) || undefined}
                disabled={finish.busy}
                onClick={() => void choose(choice, page)}
                className="group flex w-full items-center gap-4 p-4 text-left transition-colors hover:bg-hover focus-visible:outline-offset-[-2px]"
              >
                <Icon aria-hidden size={20} className="text-accent-text" />
                <span className="min-w-0 flex-1">
                  <span className="block text-lg font-medium">{title}</span>
                  <span className="block text-muted">{text}</span>
                </span>
                <ArrowRight aria-hidden size={16} className="text-faint transition-transform group-hover:translate-x-0.5" />
              </button>
            </li>
          ))}
        </ul>
        {finish.problem ? <ProblemNote level="danger" message={finish.problem.message} /> : null}
        <p className="text-sm text-muted">Everything begins on the sandbox, with play money. You can move to a real network later, in Settings.</p>
      </div>
    </main>
  )
}
