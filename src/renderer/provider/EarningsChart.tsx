import { useEffect, useRef, useState } from 'react'
import UPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { addMsat, formatSats, ZERO_MSAT, type Msat } from '#shared/market/msat.ts'
import { useView } from '#renderer/state/view.ts'
import { dayText, noonOf } from './dayText.ts'
import { jobsText } from './jobsText.ts'

const HEIGHT_PX = 180
const MSAT_PER_SAT = 1_000

interface Day {
  day: string
  earnedMsat: Msat
  jobs: number
}

/** Sats as bars, jobs as a line, one pair a day. What it shows can also be read as a table and as a sentence. */
export default function EarningsChart({ days }: { days: readonly Day[] }) {
  const [pointed, setPointed] = useState<number | null>(null)
  const theme = useView((view) => view.theme)
  const systemDark = useSystemDark()

  const total = addMsat(ZERO_MSAT, ...days.map((day) => day.earnedMsat))
  const jobs = days.reduce((sum, day) => sum + day.jobs, 0)
  const best = days.reduce<Day | undefined>((found, day) => (found === undefined || day.earnedMsat > found.earnedMsat ? day : found), undefined)
  const summary = `${formatSats(total)} sats from ${jobsText(jobs)} in ${days.length} days${best && best.earnedMsat > 0 ? `; best day ${dayText(best.day)} with ${formatSats(best.earnedMsat)} sats` : ''}`
  const shown = pointed === null ? undefined : days[pointed]

  return (
    <figure aria-label={`Earnings by day: ${summary}.`} className="rounded-lg border border-line bg-surface px-3 pb-2 pt-3">
      {/* The colours are read once, when it is drawn: another theme is another drawing. */}
      <Plot key={`${theme}/${systemDark}`} days={days} onPoint={setPointed} />
      <figcaption className="mt-1 flex min-h-5 flex-wrap items-center gap-x-4 text-sm text-muted">
        <span className="flex items-center gap-1.5">
          <span aria-hidden className="size-2.5 rounded-sm bg-money opacity-65" />
          Sats
        </span>
        <span className="flex items-center gap-1.5">
          <span aria-hidden className="h-0.5 w-3 bg-accent" />
          Jobs
        </span>
        <span className="ml-auto">{shown ? `${dayText(shown.day)}: ${formatSats(shown.earnedMsat)} sats, ${jobsText(shown.jobs)}` : summary}</span>
      </figcaption>
    </figure>
  )
}

function Plot({ days, onPoint }: { days: readonly Day[]; onPoint: (index: number | null) => void }) {
  const box = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const element = box.current
    if (!element) return
    const data: UPlot.AlignedData = [days.map((day) => noonOf(day.day)), days.map((day) => day.earnedMsat / MSAT_PER_SAT), days.map((day) => day.jobs)]
    const plot = new UPlot(chartOptions(element, onPoint), data, element)
    const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT_PX }))
    observer.observe(element)
    return () => {
      observer.disconnect()
      plot.destroy()
    }
  }, [days, onPoint])
  return <div ref={box} aria-hidden className="h-[180px] overflow-hidden" />
}

function chartOptions(element: HTMLElement, onPoint: (index: number | null) => void): UPlot.Options {
  const colors = readColors(element, { muted: 'var(--muted)', line: 'var(--line)', money: 'color-mix(in srgb, var(--money) 65%, transparent)', accent: 'var(--accent)', surface: 'var(--surface)' })
  const font = `12px ${getComputedStyle(element).fontFamily}`
  const axis = { stroke: colors.muted, font, ticks: { show: false } }
  const whole = (_plot: UPlot, values: number[]) => values.map((value) => (Number.isInteger(value) ? value.toLocaleString('en-US') : ''))
  const day = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric' })
  const bars = UPlot.paths.bars
  return {
    width: element.clientWidth,
    height: HEIGHT_PX,
    padding: [8, 0, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
    scales: {
      // A bar stands on its day's noon: half a day of room at both ends.
      x: { time: true, range: (_plot, min, max) => [min - 43_200, max + 43_200] },
      sats: { range: (_plot, _min, max) => [0, Math.max(1, max * 1.1)] },
      jobs: { range: (_plot, _min, max) => [0, Math.max(1, max * 1.1)] },
    },
    axes: [
      { ...axis, grid: { show: false }, values: (_plot, splits) => splits.map((split) => day.format(new Date(split * 1_000))), space: 72, size: 28 },
      { ...axis, scale: 'sats', grid: { stroke: colors.line, width: 1 }, values: whole, space: 36, size: 52 },
      { ...axis, scale: 'jobs', side: 1, grid: { show: false }, values: whole, space: 36, size: 36 },
    ],
    series: [
      {},
      { label: 'Sats', scale: 'sats', fill: colors.money, stroke: colors.money, width: 0, points: { show: false }, ...(bars ? { paths: bars({ size: [0.7, 24], radius: 0.15 }) } : {}) },
      { label: 'Jobs', scale: 'jobs', stroke: colors.accent, width: 2, points: { show: true, size: 5, fill: colors.surface, stroke: colors.accent } },
    ],
    hooks: { setCursor: [(plot) => onPoint(plot.cursor.idx ?? null)] },
  }
}

/** Colours as the canvas understands them: variables and `light-dark()` are resolved only on a real property. */
function readColors<K extends string>(element: HTMLElement, wanted: Record<K, string>): Record<K, string> {
  const entries = Object.entries<string>(wanted).map(([key, color]) => {
    // One each: a colour that changes is on its way from the one before, even where motion is reduced to next to nothing.
    const probe = document.createElement('span')
    probe.style.color = color
    element.append(probe)
    const read = getComputedStyle(probe).color
    probe.remove()
    return [key, read]
  })
  // The same keys as went in.
  return Object.fromEntries(entries) as Record<K, string>
}

function useSystemDark(): boolean {
  const [query] = useState(() => window.matchMedia('(prefers-color-scheme: dark)'))
  const [dark, setDark] = useState(query.matches)
  useEffect(() => {
    const listen = () => setDark(query.matches)
    query.addEventListener('change', listen)
    return () => query.removeEventListener('change', listen)
  }, [query])
  return dark
}
