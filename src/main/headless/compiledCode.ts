/** Keeps what V8 compiles of our code from one start to the next: reading it back takes a fraction of compiling it. */
import { enableCompileCache } from 'node:module'
import { compiledFolder } from './folders.ts'

/**
 * From here on, modules are read from and written to a folder beside the data. Not in the system's temporary folder, which is
 * Node's own choice: what lies there may have been put there by somebody else, and is run. NODE_DISABLE_COMPILE_CACHE=1 turns it off.
 */
export function keepCompiledCode(): void {
  enableCompileCache(compiledFolder())
}
