import { useId } from 'react'
import type { SaleTerms } from '#shared/ipc/provider.ts'
import { formatSats, parseSats, ZERO_MSAT } from '#shared/market/msat.ts'
import { AutosaveField } from '#renderer/ui/AutosaveField.tsx'
import { Section } from '#renderer/ui/Section.tsx'
import { Switch } from '#renderer/ui/Switch.tsx'
import { checkAbout, checkName, checkPrice, checkTerm, describePrice, describeTerm, MAX_NAME, readTerm, WHOLE_FIELDS } from './termsFields.ts'
import type { SaveTerms } from './useSaveTerms.ts'

/** What the seller decides. A field saves itself when it is left, and what is offered changes at once. */
export function TermsSection({ terms, selling, saveTerms }: { terms: SaleTerms; selling: boolean; saveTerms: SaveTerms }) {
  const streamingId = useId()
  return (
    <>
      <Section title="Offer" hint={selling ? 'Saved as you leave a field, and announced at once.' : 'Saved as you leave a field.'}>
        <div className="grid gap-4 sm:grid-cols-2">
          <AutosaveField label="Name" value={terms.name} check={checkName} maxLength={MAX_NAME + 20} save={(text) => saveTerms({ name: text.trim() }, `Name: ${text.trim()}`)} />
          <AutosaveField
            label="Price of a request"
            unit="sats"
            inputMode="decimal"
            value={formatSats(terms.priceMsat)}
            check={checkPrice}
            save={(text) => saveTerms({ priceMsat: parseSats(text) ?? ZERO_MSAT }, describePrice(text))}
          />
          <AutosaveField label="About" multiline className="sm:col-span-2" placeholder="What buyers should know: the machine, the hours, the models" value={terms.about} check={checkAbout} save={(text) => saveTerms({ about: text.trim() }, 'The description is saved')} />
        </div>
      </Section>
      <Section title="Limits" hint="What is refused, and what runs at once.">
        <div className="grid gap-4 sm:grid-cols-2 xl:grid-cols-3">
          {WHOLE_FIELDS.map((field) => (
            <AutosaveField
              key={field.term}
              label={field.label}
              hint={field.hint}
              inputMode="numeric"
              {...(field.unit ? { unit: field.unit } : {})}
              value={terms[field.term].toLocaleString('en-US')}
              check={(text) => checkTerm(field, text)}
              save={(text) => saveTerms(readTerm(field.term, text), describeTerm(field, text))}
            />
          ))}
        </div>
        <div className="flex items-start gap-3">
          <Switch id={streamingId} checked={terms.streaming} onChange={(streaming) => void saveTerms({ streaming }, streaming ? 'Answers are sent as they are made' : 'Answers are sent whole')} aria-describedby={`${streamingId}-hint`} />
          <div>
            <label htmlFor={streamingId}>Send answers as they are made</label>
            <p id={`${streamingId}-hint`} className="text-sm text-muted">
              Off, the buyer gets the whole answer at its end.
            </p>
          </div>
        </div>
      </Section>
    </>
  )
}
