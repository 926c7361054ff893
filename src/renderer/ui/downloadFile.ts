const FORGET_AFTER_MS = 60_000

/** Hands a text to the person as a file. */
export function downloadFile(name: string, type: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }))
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  // The browser reads it a moment later; a memory of a whole history is not kept for longer.
  setTimeout(() => URL.revokeObjectURL(address), FORGET_AFTER_MS)
}
