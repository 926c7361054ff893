/** What stands in the way of selling, and what mends it. */
import type { Snapshot } from '#renderer/state/client.ts'
import type { ProblemLevel } from '#renderer/ui/ProblemNote.tsx'

export type Remedy = 'start-ollama' | 'look-again' | 'pull-model' | 'use-toy' | 'offer-all' | 'see-relays' | 'see-wallet'

export interface SellProblem {
  readonly id: 'models' | 'toy' | 'chosen' | 'relays' | 'wallet' | 'start'
  readonly level: ProblemLevel
  readonly message: string
  readonly remedies: readonly Remedy[]
}

export interface SellScene {
  readonly provider: Snapshot<'provider.status'>
  readonly backend: Snapshot<'backend.status'> | undefined
  readonly relays: Snapshot<'relays.status'>['relays'] | undefined
  readonly wallet: Snapshot<'wallet.status'> | undefined
}

/** The gravest first. A note that only informs says `info`; everything else keeps answers from being sold. */
export function findSellProblems({ provider, backend, relays, wallet }: SellScene): SellProblem[] {
  const problems: SellProblem[] = []
  if (backend?.checkedAt !== undefined) problems.push(...findBackendProblems(provider, backend))
  const all = Object.values(relays ?? {}).filter((relay) => !relay.guest)
  if (relays && !all.some((relay) => relay.state === 'connected')) {
    problems.push({ id: 'relays', level: 'warning', message: all.length === 0 ? 'There is no relay. Nobody can find or reach you.' : 'No relay is connected. Nobody can find or reach you; it is tried again by itself.', remedies: ['see-relays'] })
  }
  if (wallet?.state === 'unavailable') {
    problems.push({ id: 'wallet', level: 'warning', message: `The wallet does not answer, so no invoice can be made. ${wallet.problem ?? ''}`.trim(), remedies: ['see-wallet'] })
  }
  // The engine's own reason was written at the last start; what is found now says it better.
  if (provider.problem !== undefined && problems.every((problem) => problem.level === 'info')) {
    problems.unshift({ id: 'start', level: 'warning', message: provider.problem, remedies: [] })
  }
  return problems.sort((a, b) => Number(a.level === 'info') - Number(b.level === 'info'))
}

function findBackendProblems(provider: SellScene['provider'], backend: NonNullable<SellScene['backend']>): SellProblem[] {
  if (backend.active === 'ollama' && !backend.reachable) {
    return [{ id: 'models', level: 'warning', message: backend.problem ?? `Ollama is not answering at ${backend.url}. Start it, or choose another backend.`, remedies: ['start-ollama', 'look-again', 'use-toy'] }]
  }
  if (backend.active === 'ollama' && backend.models.length === 0) {
    return [{ id: 'models', level: 'warning', message: backend.problem ?? 'Ollama runs and has no model to sell. Pull one, for example llama3.2.', remedies: ['pull-model', 'look-again', 'use-toy'] }]
  }
  const problems: SellProblem[] = []
  if (provider.offeredModels.length === 0 && backend.models.length > 0) {
    problems.push({ id: 'chosen', level: 'warning', message: 'None of the models that you chose is here now, so there is nothing to sell.', remedies: ['offer-all'] })
  }
  if (backend.choice === 'auto' && backend.active === 'toy' && backend.problem !== undefined) {
    problems.push({ id: 'toy', level: 'info', message: `${backend.problem} Until then the toy is what you sell: made-up text, good for trials only.`, remedies: ['start-ollama', 'pull-model', 'look-again'] })
  }
  return problems
}
