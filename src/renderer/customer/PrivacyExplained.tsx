import { useId } from 'react'
import type { OfferRow } from '#shared/ipc/customer.ts'
import { saveOnlyPrivate } from '#renderer/settings/saveOnlyPrivate.ts'
import { useClient } from '#renderer/state/client.ts'
import { useEngineSlice } from '#renderer/state/useEngineState.ts'
import { PRIVACY_ICONS } from '#renderer/ui/PrivacyMark.tsx'
import { Switch } from '#renderer/ui/Switch.tsx'
import { mayEncrypt, type AskPrivacy } from './askPrivacy.ts'
import { Explained } from './Explained.tsx'

export interface PrivacyExplainedProps {
  ask: AskPrivacy
  offer: OfferRow | undefined
  encrypted: boolean
  onEncrypt: (encrypted: boolean) => void
}

/** Who can read the next question, and behind it what one can do about that. */
export function PrivacyExplained({ ask, offer, encrypted, onEncrypt }: PrivacyExplainedProps) {
  const client = useClient()
  const onlyPrivate = useEngineSlice('settings.values', (settings) => settings.onlyPrivate) ?? false
  return (
    <Explained icon={PRIVACY_ICONS[ask.privacy]} {...ask.words}>
      {offer && mayEncrypt(offer) ? <Choice label="Encrypt for this seller" hint="Whether its program can read that is not known." checked={encrypted} onChange={onEncrypt} /> : null}
      <Choice label="Ask only privately" hint="Leaves out sellers that can be asked only in the open." checked={onlyPrivate} onChange={(next) => void saveOnlyPrivate(client, next)} />
    </Explained>
  )
}

function Choice({ label, hint, checked, onChange }: { label: string; hint: string; checked: boolean; onChange: (checked: boolean) => void }) {
  const id = useId()
  return (
    <div className="mt-2 flex items-start justify-between gap-3 border-t border-line pt-2">
      <div>
        <label htmlFor={id}>{label}</label>
        <p id={`${id}-hint`} className="text-sm text-muted">
          {hint}
        </p>
      </div>
      <Switch id={id} aria-describedby={`${id}-hint`} checked={checked} onChange={onChange} />
    </div>
  )
}
