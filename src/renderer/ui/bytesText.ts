const UNITS = ['KB', 'MB', 'GB', 'TB'] as const

/** "812 bytes", "4.2 KB", "5.2 GB": powers of ten, as disks and model lists count. */
export function bytesText(bytes: number): string {
  if (bytes < 1_000) return bytes === 1 ? '1 byte' : `${Math.max(0, Math.round(bytes))} bytes`
  let value = bytes / 1_000
  let unit = 0
  // 999.5 would be shown as "1000".
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1_000
    unit += 1
  }
  return `${value >= 100 ? Math.round(value) : Math.round(value * 10) / 10} ${UNITS[unit] ?? ''}`
}
