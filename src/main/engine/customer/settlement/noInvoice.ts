/** Why a question came to nothing in time, for a person. `clockProblem`: how this machine's clock and the relays' differ; null when they agree. `sent`: a relay has taken it. */
export function whyNoInvoice(clockProblem: string | null, sent: boolean): string {
  if (clockProblem !== null) return `No invoice came in time. ${clockProblem}`
  return sent ? 'No invoice came in time: the provider may be away. Try another, or ask again.' : 'No relay took the request in time. Check the relays in Settings.'
}
