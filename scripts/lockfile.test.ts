import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'

type Entry = { link?: boolean; version?: string; resolved?: string; integrity?: string; dependencies?: Record<string, string>; optionalDependencies?: Record<string, string> }

const text = readFileSync(resolve(import.meta.dirname, '..', 'package-lock.json'), 'utf8')
const { packages } = JSON.parse(text) as { packages: Record<string, Entry> }
/** Our own packages (packages/) are links to what is in the tree. */
const installed = Object.entries(packages).filter(([path, { link }]) => path.startsWith('node_modules/') && link !== true)

/** Where Node would find `name` from the package at `path`: in its own node_modules or in one further out. */
function isLocked(path: string, name: string): boolean {
  for (let from = path; ; from = from.slice(0, Math.max(0, from.lastIndexOf('/node_modules/')))) {
    if (packages[`${from === '' ? '' : `${from}/`}node_modules/${name}`] !== undefined) return true
    if (from === '') return false
  }
}

test('the lock file names no download address, so that any registry will do', () => {
  expect(installed.length).toBeGreaterThan(0)
  expect(installed.filter(([, entry]) => entry.resolved !== undefined)).toEqual([])
})

test('every locked package has a version and a hash', () => {
  expect(installed.filter(([, entry]) => entry.version === undefined || entry.integrity === undefined)).toEqual([])
})

test('the packages of every platform are locked, not only those of the machine that wrote the lock file', () => {
  const missing = installed.flatMap(([path, entry]) =>
    Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })
      .filter((name) => !isLocked(path, name))
      .map((name) => `${path} needs ${name}`),
  )
  expect(missing).toEqual([])
})
