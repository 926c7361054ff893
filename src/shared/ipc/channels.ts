import { z } from 'zod'
import { request, state } from './contract.ts'
import { emptySchema, hex64Schema, timeSchema } from './common.ts'

export const MAX_CHANNEL_NAME = 80
export const MAX_CHANNEL_ABOUT = 500

export const channelRowSchema = z.object({
  channelId: hex64Schema,
  /** Empty while nobody has said it. */
  name: z.string(),
  about: z.string(),
  /** Who created it, and when; absent while it has not been found. */
  creator: hex64Schema.optional(),
  createdAt: timeSchema.optional(),
  joined: z.boolean(),
  /** Created with the own key. */
  own: z.boolean(),
  /** Offers seen lately that take their jobs there. */
  offers: z.number().int().nonnegative(),
})
export type ChannelRow = z.output<typeof channelRowSchema>

export const mutedSellerSchema = z.object({
  pubkey: hex64Schema,
  /** As it was called when it was muted here. */
  name: z.string().optional(),
  /** Absent when another program muted it. */
  mutedAt: timeSchema.optional(),
  /** Whether everybody can read that it is muted. */
  publicly: z.boolean(),
})
export type MutedSeller = z.output<typeof mutedSellerSchema>

export const channelRoutes = {
  /** What is joined, by id. */
  'channels.joined': state(z.object({ channels: z.record(hex64Schema, channelRowSchema) })),
  /** All channels on the relays, looked for while a page watches this. By id. */
  'channels.found': state(
    z.object({
      channels: z.record(hex64Schema, channelRowSchema),
      /** True once the relays have sent what they had stored. */
      loaded: z.boolean(),
    }),
  ),
  'channels.join': request(z.object({ channelId: hex64Schema }), emptySchema),
  'channels.leave': request(z.object({ channelId: hex64Schema }), emptySchema),
  /** Publishes it under the own key, and joins it. */
  'channels.create': request(
    z.object({ name: z.string().trim().min(1).max(MAX_CHANNEL_NAME), about: z.string().trim().max(MAX_CHANNEL_ABOUT) }),
    z.object({ channelId: hex64Schema }),
  ),
  /** Sellers that are hidden, by public key. */
  'channels.mutes': state(
    z.object({
      muted: z.record(hex64Schema, mutedSellerSchema),
      /** Whether the relays have the list: `unsaved` tries again by itself, `unreadable` never writes over it. */
      state: z.enum(['reading', 'saved', 'unsaved', 'unreadable']),
      problem: z.string().optional(),
    }),
  ),
  /** Hides every offer of that key from now on, and publishes it encrypted; `publicly` also so that everybody can read it. */
  'channels.mute': request(z.object({ pubkey: hex64Schema, name: z.string().max(200).optional(), publicly: z.boolean().optional() }), emptySchema),
  'channels.unmute': request(z.object({ pubkey: hex64Schema }), emptySchema),
}
