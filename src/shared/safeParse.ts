import { z } from 'zod'

/**
 * A schema's verdict on something from outside, and never an exception: zod's own `safeParse` throws a TypeError where a text
 * or a list is expected and `{"length":{"toString":0}}` comes (seen in 4.6.7; its length checks run on what has the wrong type).
 */
export function safeParse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.ZodSafeParseResult<z.output<Schema>> {
  try {
    return schema.safeParse(value)
  } catch {
    return z.custom<z.output<Schema>>(() => false, 'its length cannot be compared').safeParse(null)
  }
}
