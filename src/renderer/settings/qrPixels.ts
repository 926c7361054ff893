/** Finds the text of a QR code in pixels. Pure; loaded only when somebody hands in a picture. */
import decodeQr from 'qr/decode.js'
import { fail, ok, type Result } from '#shared/market/result.ts'

/** As long as the longest connection that is taken. */
const MAX_CHARS = 4_096

export interface Pixels {
  readonly width: number
  readonly height: number
  /** RGBA, a byte each. */
  readonly data: Uint8ClampedArray
}

/** Codes: `no-code`, `too-long`. */
export function readPixels({ width, height, data }: Pixels): Result<string> {
  try {
    const text = decodeQr({ width, height, data })
    return text.length > MAX_CHARS ? fail('too-long', 'This QR code holds more than a connection can be.') : ok(text)
  } catch {
    return fail('no-code', 'There is no QR code in this picture that can be read. Take one that is sharp, straight and not cut off.')
  }
}
