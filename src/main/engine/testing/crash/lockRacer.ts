/** Locks folders in a process of its own: `node lockRacer.ts FOLDER ROUNDS`. Each line that it reads is a round; it says whether it got that one, and keeps it. */
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { lockFolder, type FolderLock } from '../../store/folderLock.ts'

const [, , folder = ''] = process.argv
const held: FolderLock[] = []
createInterface({ input: process.stdin }).on('line', (round) => {
  const lock = lockFolder(join(folder, round))
  if (lock.ok) held.push(lock.value)
  process.stdout.write(`${lock.ok ? 'held' : lock.error.code}\n`)
})
