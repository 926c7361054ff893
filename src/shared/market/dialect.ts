/** The languages in which a job can travel, and who can read it on the way. */

/** `channel`: PROTOCOL.md §2. `nip90`: §4. `souk/1`: §5, ours. */
export const DIALECTS = ['souk/1', 'nip90', 'channel'] as const
export type DialectName = (typeof DIALECTS)[number]

/** Who can read question and answer: the two sides alone; whoever reads the relays; whoever reads the channel. */
export const PRIVACIES = ['private', 'public-relays', 'public-channel'] as const
export type Privacy = (typeof PRIVACIES)[number]

/** Plain data that one room keeps for another without looking into it. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/** The one of that name. Throws when it is not among them: a job is begun in a dialect that is spoken here, or not at all. */
export function dialectNamed<Dialect extends { readonly name: DialectName }>(dialects: readonly Dialect[], name: DialectName): Dialect {
  const dialect = dialects.find((each) => each.name === name)
  if (dialect === undefined) throw new Error(`The dialect ${name} is not spoken here.`)
  return dialect
}
