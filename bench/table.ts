/** The bench's rows as a Markdown table. Pure. */
import type { Row } from './measure.ts'
import { judge } from './statistics.ts'

/** A row's value, the spread it is quoted with, its target and the verdict. */
export function writeTable(rows: readonly Row[]): string {
  const lines = ['| | median | p10 – p90 | samples | target | |', '|---|---:|---:|---:|---:|---|']
  let group = ''
  for (const row of rows) {
    if (row.group !== group) lines.push(`| **${row.group}** | | | | | |`)
    group = row.group
    const { summary, unit, target } = row
    lines.push(`| ${row.what} | ${write(summary.median, unit)} | ${write(summary.p10, unit)} – ${write(summary.p90, unit)} | ${summary.count} | ${writeTarget(row)} | ${target === undefined ? '' : writeVerdict(row)} |`)
  }
  return lines.join('\n')
}

function writeTarget({ target, unit }: Row): string {
  return target === undefined ? '' : `${target.bound === 'at most' ? '≤' : '≥'} ${write(target.value, unit)}`
}

function writeVerdict({ summary, target, unit }: Row): string {
  if (target === undefined) return ''
  const { isMet, missedBy, missedPercent } = judge(summary.median, target)
  return isMet ? 'met' : `**missed by ${write(missedBy, unit)} (${Math.round(missedPercent)} %)**`
}

/** Three figures where they say something: 0.85 ms, 12.3 ms, 1,204 /s. */
function write(value: number, unit: Row['unit']): string {
  const digits = unit === 'events' || Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  const number = value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
  return unit === '×' ? `${number}×` : `${number} ${unit}`
}
