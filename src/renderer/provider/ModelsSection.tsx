import { Download } from 'lucide-react'
import { useId, useState } from 'react'
import { toast } from 'sonner'
import type { Snapshot } from '#renderer/state/client.ts'
import { useEngineState } from '#renderer/state/useEngineState.ts'
import { Badge } from '#renderer/ui/Badge.tsx'
import { bytesText } from '#renderer/ui/bytesText.ts'
import { Button } from '#renderer/ui/Button.tsx'
import { Checkbox } from '#renderer/ui/Checkbox.tsx'
import { Section } from '#renderer/ui/Section.tsx'
import { SkeletonRows } from '#renderer/ui/Skeleton.tsx'
import { Switch } from '#renderer/ui/Switch.tsx'
import { HeaderCell, Table, TableCell, TableHead, TableRow } from '#renderer/ui/Table.tsx'
import { listChoices, toggleModel } from './chosenModels.ts'
import { usePull } from './pull.ts'
import { PullDialog } from './PullDialog.tsx'
import type { SaveTerms } from './useSaveTerms.ts'

/** What is offered: the backend's models, each with a box. */
export function ModelsSection({ provider, saveTerms }: { provider: Snapshot<'provider.status'>; saveTerms: SaveTerms }) {
  const backend = useEngineState('backend.status')
  const pulling = usePull((state) => state.pull?.state === 'running')
  const [choosing, setChoosing] = useState(false)
  const switchId = useId()
  const { models: terms } = provider.terms
  const isToy = backend?.active === 'toy'
  const models = backend?.models ?? []
  const available = models.map((model) => model.name)
  const choices = listChoices(available, terms)

  const toggle = (name: string, chosen: boolean) => {
    const next = toggleModel(available, terms, name, chosen)
    if (next === null) toast('One model has to stay. To sell nothing, stop selling.')
    else void saveTerms({ models: next }, chosen ? `${name} is offered` : `${name} is no longer offered`)
  }
  const offerAll = (all: boolean) => void saveTerms({ models: all ? [] : available }, all ? 'Every model is offered' : 'Only the models of today are offered')

  return (
    <Section
      title="Models"
      hint={backend === undefined ? undefined : isToy ? 'From the toy that comes with Souk.' : backend.reachable ? `From Ollama${backend.version ? ` ${backend.version}` : ''} at ${backend.url}` : `From Ollama at ${backend.url}, which does not answer.`}
      action={
        <Button size="small" icon={Download} disabled={pulling} onClick={() => setChoosing(true)}>
          Pull a model
        </Button>
      }
    >
      {backend === undefined || (backend.checkedAt === undefined && choices.length === 0) ? (
        <SkeletonRows label="Looking for models" rows={2} />
      ) : choices.length === 0 ? (
        <p className="rounded-lg border border-line bg-surface px-3 py-2 text-muted">No model is here.</p>
      ) : (
        <>
          <div className="flex items-center gap-3">
            <Switch id={switchId} checked={terms.length === 0} onChange={offerAll} disabled={terms.length > 0 && models.length === 0} />
            <label htmlFor={switchId}>Offer every model, also those that come later</label>
          </div>
          <Table label="Models of the backend">
            <TableHead>
              <HeaderCell>Model</HeaderCell>
              <HeaderCell numeric>Size</HeaderCell>
              <HeaderCell className="hidden sm:table-cell">Parameters</HeaderCell>
              <HeaderCell className="hidden sm:table-cell">Quantisation</HeaderCell>
              <HeaderCell numeric>Context</HeaderCell>
            </TableHead>
            <tbody>
              {choices.map((choice) => {
                const model = models.find((each) => each.name === choice.name)
                return (
                  <TableRow key={choice.name}>
                    <TableCell>
                      <span className="flex flex-wrap items-center gap-x-2">
                        <Checkbox checked={choice.chosen} onChange={(chosen) => toggle(choice.name, chosen)} label={<span className={choice.here ? 'wrap-anywhere' : 'text-muted wrap-anywhere'}>{choice.name}</span>} />
                        {isToy && choice.here ? <Badge tone="amber">Toy: made-up text</Badge> : null}
                        {choice.here ? null : <Badge>Not here now</Badge>}
                      </span>
                    </TableCell>
                    <TableCell numeric className="text-muted">
                      {model?.sizeBytes === undefined ? '–' : bytesText(model.sizeBytes)}
                    </TableCell>
                    <TableCell className="hidden text-muted sm:table-cell">{model?.parameters ?? '–'}</TableCell>
                    <TableCell className="hidden text-muted sm:table-cell">{model?.quantization ?? '–'}</TableCell>
                    <TableCell numeric className="text-muted">
                      {model?.contextTokens === undefined ? '–' : model.contextTokens.toLocaleString('en-US')}
                    </TableCell>
                  </TableRow>
                )
              })}
            </tbody>
          </Table>
        </>
      )}
      <PullDialog open={choosing} onOpenChange={setChoosing} />
    </Section>
  )
}
