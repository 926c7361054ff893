/** Tables for spreadsheets: RFC 4180, and safe to open. */

/**
 * One cell. What a spreadsheet would take for a formula gets an apostrophe before it: texts are written by strangers. So no cell
 * begins with `=`, `+`, `-`, `@`, a tab or a line's end, except a number that is below zero.
 */
export function csvCell(value: string | number): string {
  if (typeof value === 'number') return String(value)
  const safe = /^\s*[=+\-@]|^[\t\r\n]/.test(value) ? `'${value}` : value
  return /[",\r\n;\t]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** Lines of cells with CRLF. A byte order mark tells spreadsheets that it is UTF-8. */
export function writeCsv(lines: readonly (readonly (string | number)[])[]): string {
  return `\uFEFF${lines.map((line) => line.map(csvCell).join(',')).join('\r\n')}\r\n`
}
