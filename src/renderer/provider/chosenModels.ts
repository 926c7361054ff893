/** Which models are for sale. The terms hold names; none at all means every model, also those that come later. */

export interface ModelChoice {
  readonly name: string
  readonly chosen: boolean
  /** False for one that was chosen and is not with the backend now. */
  readonly here: boolean
}

/** Every model that is here, and then those that were chosen and are gone. */
export function listChoices(available: readonly string[], terms: readonly string[]): ModelChoice[] {
  const all = terms.length === 0
  return [
    ...available.map((name) => ({ name, chosen: all || terms.includes(name), here: true })),
    ...terms.filter((name) => !available.includes(name)).map((name) => ({ name, chosen: true, here: false })),
  ]
}

/** The terms after one box was ticked or not. Null when nothing would be left: an empty list would mean all of them. */
export function toggleModel(available: readonly string[], terms: readonly string[], name: string, chosen: boolean): string[] | null {
  const before = terms.length === 0 ? [...available] : [...terms]
  const next = chosen ? [...new Set([...before, name])] : before.filter((each) => each !== name)
  return next.length === 0 ? null : next
}
