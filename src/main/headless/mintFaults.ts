/**
 * How `souk mint faults` reaches a running `souk mint run`: two small files in the sandbox's folder. The runner says
 * what it plays; whoever wants something else leaves a wish, which the runner takes away once it is so.
 */
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { mintFaultsSchema, type MintFaults } from '#shared/ipc/settings.ts'
import { safeParse } from '#shared/safeParse.ts'
import { writeFileAtomically } from './atomicFile.ts'

const playedSchema = z.object({ pid: z.int().positive(), faults: mintFaultsSchema })

function playedPath(folder: string): string {
  return join(folder, 'faults.json')
}

function wishPath(folder: string): string {
  return join(folder, 'faults-wanted.json')
}

/** What the runner of that folder plays; null when none runs. */
export function readPlayed(folder: string): MintFaults | null {
  const played = readJson(playedPath(folder), playedSchema)
  return played !== null && isRunning(played.pid) ? played.faults : null
}

export function writePlayed(folder: string, faults: MintFaults): Promise<void> {
  return writeFileAtomically(playedPath(folder), JSON.stringify({ pid: process.pid, faults }))
}

export function forgetPlayed(folder: string): void {
  rmSync(playedPath(folder), { force: true })
  rmSync(wishPath(folder), { force: true })
}

export function writeWish(folder: string, faults: MintFaults): Promise<void> {
  return writeFileAtomically(wishPath(folder), JSON.stringify(faults))
}

export function readWish(folder: string): MintFaults | null {
  return readJson(wishPath(folder), mintFaultsSchema)
}

export function forgetWish(folder: string): void {
  rmSync(wishPath(folder), { force: true })
}

function readJson<S extends z.ZodType>(path: string, schema: S): z.output<S> | null {
  try {
    const parsed = safeParse(schema, JSON.parse(readFileSync(path, 'utf8')))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}

/** A runner that was killed leaves its file behind. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
