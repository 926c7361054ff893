import { RefreshCw } from 'lucide-react'
import type { Snapshot } from '#renderer/state/client.ts'
import { useEngineState } from '#renderer/state/useEngineState.ts'
import { useRequest } from '#renderer/state/useRequest.ts'
import { AutosaveField } from '#renderer/ui/AutosaveField.tsx'
import { Badge } from '#renderer/ui/Badge.tsx'
import { Button } from '#renderer/ui/Button.tsx'
import { ProblemNote } from '#renderer/ui/ProblemNote.tsx'
import { Section } from '#renderer/ui/Section.tsx'
import { Segmented } from '#renderer/ui/Segmented.tsx'
import { SkeletonRows } from '#renderer/ui/Skeleton.tsx'
import { TimeAgo } from '#renderer/ui/TimeAgo.tsx'
import { checkBackendAddress } from './addresses.ts'
import { SettingRow, SettingRows } from './SettingRow.tsx'

type Backend = Snapshot<'backend.status'>

const CHOICES = [
  { value: 'auto', label: 'Automatic' },
  { value: 'ollama', label: 'Ollama' },
  { value: 'toy', label: 'Toy' },
] as const
const MEANINGS: Record<Backend['choice'], string> = {
  auto: 'Ollama when it answers, the toy until then.',
  ollama: 'Only Ollama. Without it nothing is sold.',
  toy: 'Made-up text at a steady pace, for trials. It says that it is a toy.',
}

export function BackendSection() {
  const backend = useEngineState('backend.status')
  const refresh = useRequest('backend.refresh', { toastProblem: true })
  const choose = useRequest('backend.choose', { toastProblem: true })
  return (
    <Section
      title="Backend"
      hint="What writes the answers that you sell."
      action={
        <Button size="small" icon={RefreshCw} busy={refresh.busy} onClick={() => void refresh.run({})}>
          Look again
        </Button>
      }
    >
      {backend === undefined ? (
        <SkeletonRows label="Loading the backend" rows={2} />
      ) : (
        <>
          <SettingRows>
            <SettingRow label="Use" hint={MEANINGS[backend.choice]}>
              <Segmented label="Backend" value={backend.choice} options={CHOICES} onChange={(choice) => void choose.run({ choice })} />
            </SettingRow>
            <SettingRow label="In use now" hint={backend.checkedAt === undefined ? 'Looking' : <TimeAgo at={backend.checkedAt} prefix="Looked " />}>
              <ActiveBackend backend={backend} />
            </SettingRow>
            <SettingRow label="Models">
              <span className="text-muted wrap-anywhere">{backend.models.length === 0 ? 'none' : backend.models.map((model) => model.name).join(', ')}</span>
            </SettingRow>
          </SettingRows>
          {backend.problem === undefined ? null : <ProblemNote level={backend.active === 'toy' ? 'info' : 'warning'} message={backend.problem} />}
          <AutosaveField label="Ollama’s address" hint="On this computer it is http://127.0.0.1:11434." inputMode="url" value={backend.url} check={checkBackendAddress} save={(url) => choose.run({ choice: backend.choice, url: url.trim() })} />
        </>
      )}
    </Section>
  )
}

function ActiveBackend({ backend }: { backend: Backend }) {
  if (backend.active === 'toy') return <Badge tone="amber">Toy</Badge>
  return (
    <span>
      Ollama{backend.version ? ` ${backend.version}` : ''}
      <span className="text-muted">{backend.reachable ? '' : ', not answering'}</span>
    </span>
  )
}
