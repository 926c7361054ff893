/** What receipts take on the command line. */
import type { Command } from 'commander'
import { jobId, wholeNumber, collect } from './arguments.ts'
import { addFolderOptions, addPassphraseOption } from './commonOptions.ts'

export function addReceiptCommands(program: Command): void {
  const receipt = program.command('receipt').description('What both sides of a job signed at its end: list, show, export, verify').addHelpText('after', `
Examples:
  souk receipt list
  souk receipt show job_5f3a9c0d1e2b4a67
  souk receipt export job_5f3a9c0d1e2b4a67 --out job.json
  souk receipt export --all --csv --out receipts.csv
  souk receipt transcript job_5f3a9c0d1e2b4a67 --out words.json
  souk receipt verify job.json --transcript words.json
  souk receipt export --all | souk receipt verify -

\`verify\` needs the file alone: no folder, no network, no key. Its exit status is 0 when all of it is good, 1 when
something is not, 2 when it was called wrongly.`)
  const add = (name: string, description: string, isDefault = false) => addPassphraseOption(addFolderOptions(receipt.command(name, { isDefault }).description(description)))

  add('list', 'jobs with receipts, the newest first', true)
    .option('--limit <n>', 'how many', wholeNumber(1, 10_000), 20)
    .action(async (options) => (await import('./commands/receipt.ts')).list(options))
  add('show', 'the receipts of one job, and what they prove')
    .argument('<job>', 'the job’s id', jobId)
    .action(async (job, options) => (await import('./commands/receipt.ts')).show(job, options))
  add('export', 'receipts as a file, to standard output or --out')
    .argument('[job]', 'the job’s id', jobId)
    .option('--all', 'of every job')
    .option('--csv', 'a table for a spreadsheet, without signatures; else JSON, which can be verified')
    .option('--out <file>', 'write it there; the file must not exist yet')
    .action(async (job, options) => (await import('./commands/receipt.ts')).exportReceipts(job, options))
  add('transcript', 'the prompt and the answer that a job’s receipts are of, as `verify --transcript` reads them')
    .argument('<job>', 'the job’s id', jobId)
    .option('--out <file>', 'write it there; the file must not exist yet')
    .action(async (job, options) => (await import('./commands/receipt.ts')).transcript(job, options))
  receipt.command('verify').description('Check a file of receipts from itself alone, and say what it proves')
    .argument('<file>', 'one receipt, a list, or an export, as JSON; - reads standard input')
    .option('--transcript <file>', 'prompt and answer, held against the receipts')
    // Checked by the command: a wrong one would be repeated in the parser's complaint.
    .option('--preimage <hex>', 'the secret of a payment, held against the receipts; repeat for more', collect)
    .option('--json', 'one JSON object a line on standard output')
    .action(async (file, options) => (await import('./commands/receiptVerify.ts')).verify(file, options))
}
