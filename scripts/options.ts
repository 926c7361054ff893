/** The command line of a script: `--help` says how it is used, and so does one that cannot be read, after what is wrong with it. */
import { parseArgs, type ParseArgsConfig } from 'node:util'

export function readOptions<Config extends ParseArgsConfig & { readonly options: object }>(usage: string, config: Config): ReturnType<typeof parseArgs<Config>> {
  if (process.argv.includes('--help') || process.argv.includes('-h')) {
    process.stdout.write(`${usage}\n`)
    process.exit(0)
  }
  try {
    return parseArgs(config)
  } catch (error) {
    if (!isUsageError(error)) throw error
    // After the first sentence it tells of `--` and of quotes.
    process.stderr.write(`${error.message.split('. ')[0]}.\n\n${usage}\n`)
    process.exit(2)
  }
}

function isUsageError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS_')
}
