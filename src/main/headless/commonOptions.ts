/** Options that many commands share. */
import type { Command } from 'commander'
import { wholeNumber } from './arguments.ts'

/** Options of every command that opens a folder. */
export function addFolderOptions(command: Command, folder = 'where this Souk keeps its store and secrets'): Command {
  return command.option('--data <folder>', folder).option('--json', 'one JSON object a line on standard output').option('--verbose', 'log what happens, on standard error')
}

export function addPassphraseOption(command: Command): Command {
  return command.option('--passphrase-fd <n>', 'read the passphrase from this file descriptor', wholeNumber(0, 1_000))
}
