import { formatSats, parseSats, type Msat } from '#shared/market/msat.ts'

/** What is wrong with the most that an open request may cost; undefined when it is an amount within the limit per job. */
export function checkOpenLimit(text: string, perJobMsat: Msat | undefined): string | undefined {
  const limit = parseSats(text)
  if (limit === null || limit === 0) return 'Sats as a number above zero, for example 10 or 0.5.'
  if (perJobMsat !== undefined && limit > perJobMsat) return `Your limit for one job is ${formatSats(perJobMsat)} sats. Settings changes it.`
  return undefined
}
