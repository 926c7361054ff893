/** The EVENT message around JSON that is already made: one event goes to many subscriptions. */
export function eventMessage(subscription: string, json: string): string {
  return `["EVENT",${JSON.stringify(subscription)},${json}]`
}
