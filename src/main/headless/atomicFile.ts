import { open, rename, rm, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Where the new content waits for its name. A crash may leave it behind. */
export function temporaryPath(path: string): string {
  return `${path}.new`
}

/**
 * Replaces a file as a whole, readable by its owner alone: after a crash at any point there is the old one or the new
 * one, and it is on the disk when this resolves. One writer at a time.
 */
export async function writeFileAtomically(path: string, text: string): Promise<void> {
  const temporary = temporaryPath(path)
  await rm(temporary, { force: true })
  try {
    // wx: what lies there now was put there by somebody else between the two lines, and is not written through.
    await writeAndSync(await open(temporary, 'wx', 0o600), text)
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await syncFolder(dirname(path))
}

async function writeAndSync(file: FileHandle, text: string): Promise<void> {
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** The rename is an entry of the folder, so it is the folder that must reach the disk. Windows has no such call. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
