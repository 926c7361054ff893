import { useState } from 'react'
import { useRequest } from '#renderer/state/useRequest.ts'
import { useView } from '#renderer/state/view.ts'
import { Button } from '#renderer/ui/Button.tsx'
import { ProblemNote } from '#renderer/ui/ProblemNote.tsx'
import { OllamaHelp } from './OllamaHelp.tsx'
import { usePull } from './pull.ts'
import { PullDialog } from './PullDialog.tsx'
import { PullProgress } from './PullProgress.tsx'
import type { Remedy, SellProblem } from './sellProblems.ts'

const LABELS: Record<Remedy, string> = {
  'start-ollama': 'How to start Ollama',
  'look-again': 'Look again',
  'pull-model': 'Pull a model',
  'use-toy': 'Sell the toy',
  'offer-all': 'Offer every model',
  'see-relays': 'See the relays',
  'see-wallet': 'See the wallet',
}

/** Each problem with the buttons that mend it. */
export function ProblemList({ problems, startProblem }: { problems: readonly SellProblem[]; startProblem?: string }) {
  const showPage = useView((view) => view.showPage)
  const look = useRequest('backend.refresh', { toastProblem: true })
  const choose = useRequest('backend.choose', { toastProblem: true })
  const setTerms = useRequest('provider.setTerms', { toastProblem: true })
  const pulling = usePull((state) => state.pull?.state === 'running')
  const [helping, setHelping] = useState(false)
  const [choosingModel, setChoosingModel] = useState(false)

  const act: Record<Remedy, () => void> = {
    'start-ollama': () => setHelping(true),
    'look-again': () => void look.run({}),
    'pull-model': () => setChoosingModel(true),
    'use-toy': () => void choose.run({ choice: 'toy' }),
    'offer-all': () => void setTerms.run({ models: [] }),
    'see-relays': () => showPage('settings'),
    'see-wallet': () => showPage('wallet'),
  }
  const busy: Partial<Record<Remedy, boolean>> = { 'look-again': look.busy, 'use-toy': choose.busy, 'offer-all': setTerms.busy }

  // While nothing can be sold, what mends that is the page's main action.
  const mainProblem = problems.find(({ id }) => id === 'models' || id === 'chosen')?.id

  return (
    <>
      {startProblem === undefined ? null : <ProblemNote level="danger" message={startProblem} />}
      {problems.map((problem) => (
        <ProblemNote
          key={problem.id}
          level={problem.level}
          message={problem.message}
          action={problem.remedies
            .filter((remedy) => !(remedy === 'pull-model' && pulling))
            .map((remedy, place) => (
              <Button key={remedy} size="small" variant={place === 0 && problem.id === mainProblem ? 'primary' : 'secondary'} busy={busy[remedy] ?? false} onClick={act[remedy]}>
                {LABELS[remedy]}
              </Button>
            ))}
        />
      ))}
      <PullProgress />
      <OllamaHelp open={helping} onOpenChange={setHelping} />
      <PullDialog open={choosingModel} onOpenChange={setChoosingModel} />
    </>
  )
}
