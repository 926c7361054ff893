import type { SaleTerms } from '#shared/ipc/provider.ts'
import { formatSats, parseSats, ZERO_MSAT } from '#shared/market/msat.ts'
import { AutosaveField } from '#renderer/ui/AutosaveField.tsx'
import { Section } from '#renderer/ui/Section.tsx'
import { checkAbout, checkName, checkPrice, checkTerm, describePrice, describeTerm, MAX_NAME, readTerm, WHOLE_FIELDS } from './termsFields.ts'
import { TermSwitch } from './TermSwitch.tsx'
import type { SaveTerms } from './useSaveTerms.ts'

/** What the seller decides. A field saves itself when it is left, and what is offered changes at once. */
export function TermsSection({ terms, selling, saveTerms }: { terms: SaleTerms; selling: boolean; saveTerms: SaveTerms }) {
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
        <TermSwitch
          label="Send answers as they are made"
          hint="Off, the buyer gets the whole answer at its end."
          checked={terms.streaming}
          onChange={(streaming) => void saveTerms({ streaming }, streaming ? 'Answers are sent as they are made' : 'Answers are sent whole')}
        />
        <TermSwitch
          label="Answer open requests"
          hint="They name no seller and anyone can read them. You offer your price, and the buyer takes one of the offers."
          checked={terms.openRequests}
          onChange={(openRequests) => void saveTerms({ openRequests }, openRequests ? 'Open requests are answered' : 'Open requests are left to others')}
        />
        <TermSwitch
          label="Fetch what a request names by its web address"
          hint="Your computer then loads pages that strangers choose: from public addresses only, and never much. Off, such requests are refused."
          checked={terms.allowUrlInputs}
          onChange={(allowUrlInputs) => void saveTerms({ allowUrlInputs }, allowUrlInputs ? 'Web addresses in requests are fetched' : 'Requests with web addresses are refused')}
        />
      </Section>
    </>
  )
}
