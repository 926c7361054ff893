import { medianSkew, readClockComplaint } from '#engine/nostr/clockSkew.ts'
import { VECTOR_SECS } from '../examples.ts'
import { textTarget } from '../target.ts'

const complaints = ['invalid: created_at too late', 'invalid: created_at too early', 'invalid: ephemeral event expired', 'event timestamp is in the future', 'invalid: date 901 seconds old']

export const targets = [textTarget('clockSkew.readClockComplaint', complaints, (message) => medianSkew([0, 5].map((age) => readClockComplaint(message, VECTOR_SECS - age, VECTOR_SECS, null) ?? age)))]
