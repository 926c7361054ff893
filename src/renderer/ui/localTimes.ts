import { clockText } from './clockText.ts'

const UTC_TIME = /\b\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?: UTC|Z)/g

/** What the engine says in UTC, in the time of this machine: "back soon after 2026-01-05 09:41 UTC" is "back soon after 10:41". */
export function localTimes(text: string, now: number): string {
  return text.replaceAll(UTC_TIME, (found) => {
    const at = Date.parse(found.replace(' UTC', 'Z').replace(' ', 'T'))
    return Number.isNaN(at) ? found : clockText(at, now)
  })
}
