import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')
let tree: string

beforeEach(async () => {
  tree = await mkdtemp(join(tmpdir(), 'souk-house-'))
  await copyFile(join(root, '.oxlintrc.json'), join(tree, '.oxlintrc.json'))
})

afterEach(async () => {
  await rm(tree, { recursive: true, force: true })
})

async function writeSource(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(tree, path)), { recursive: true })
  await writeFile(join(tree, path), text)
}

/** What lint reports on the temporary tree, with the configuration of this repository: "path code" per line. */
function lint(): Promise<{ status: number; reported: string[] }> {
  const program = join(root, 'node_modules', 'oxlint', 'bin', 'oxlint')
  return new Promise((done, fail) => {
    execFile(process.execPath, [program, '--format=json', '--deny-warnings'], { cwd: tree }, (error, stdout) => {
      if (error !== null && typeof error.code !== 'number') {
        fail(error)
        return
      }
      const { diagnostics } = JSON.parse(stdout) as { diagnostics: { filename: string; code: string }[] }
      done({ status: error === null ? 0 : Number(error.code), reported: diagnostics.map(({ filename, code }) => `${filename} ${code}`) })
    })
  })
}

const restricted = 'eslint(no-restricted-imports)'

describe('lint keeps the arrows of the house', () => {
  test.each([
    ['the page importing the engine', 'src/renderer/app/x.ts', "import { y } from '#engine/engine.ts'", restricted],
    ['the page importing main by a relative path', 'src/renderer/app/x.ts', "import type { Y } from '../../main/ipc/router.ts'", restricted],
    ['the page importing electron', 'src/renderer/app/x.ts', "import { y } from 'electron'", restricted],
    ['the page importing Node', 'src/renderer/app/x.ts', "import { y } from 'node:fs'", 'import(no-nodejs-modules)'],
    ['the engine importing electron', 'src/main/engine/x.ts', "import { y } from 'electron'", restricted],
    ['a provider importing electron', 'src/main/engine/provider/x.ts', "import { y } from 'electron/main'", restricted],
    ['a customer importing an electron package', 'src/main/engine/customer/x.ts', "import { y } from 'electron-log'", restricted],
    ['the engine importing the desktop', 'src/main/engine/x.ts', "import { y } from '../desktop/main.ts'", restricted],
    ['a wallet importing the headless side', 'src/main/engine/wallet/x.ts', "import { y } from '#main/headless/cli.ts'", restricted],
    ['the desktop importing the page', 'src/main/desktop/x.ts', "import { y } from '#renderer/app/x.ts'", restricted],
    ['shared importing Node', 'src/shared/market/x.ts', "import { y } from 'node:crypto'", 'import(no-nodejs-modules)'],
    ['shared importing Node under its old name', 'src/shared/market/x.ts', "import { y } from 'crypto'", 'import(no-nodejs-modules)'],
    ['shared importing the engine', 'src/shared/market/x.ts', "import { y } from '#engine/ports.ts'", restricted],
    ['shared importing main by a relative path', 'src/shared/market/x.ts', "export { y } from '../../main/engine/ports.ts'", restricted],
    ['a provider importing the customer', 'src/main/engine/provider/x.ts', "import { y } from '../customer/customer.ts'", restricted],
    ['a provider importing the customer by its alias', 'src/main/engine/provider/x.ts', "import type { Y } from '#engine/customer/purchase.ts'", restricted],
    ['a customer importing the provider', 'src/main/engine/customer/x.ts', "import { y } from '../provider/provider.ts'", restricted],
    ['a page of the provider importing one of the customer', 'src/renderer/provider/x.ts', "import { y } from '../customer/Buy.tsx'", restricted],
    ['a page of the customer importing one of the provider', 'src/renderer/customer/x.ts', "import { y } from '#renderer/provider/Sell.tsx'", restricted],
  ])('%s is reported', async (_, path, statement, code) => {
    await writeSource(path, statement.startsWith('export') ? `${statement}\n` : `${statement}\n\nexport const z = ${statement.includes('type') ? 'null as Y | null' : 'y'}\n`)
    const { status, reported } = await lint()
    expect(reported).toContain(`${path} ${code}`)
    expect(status).not.toBe(0)
  })

  test('a circle of imports is reported', async () => {
    await writeSource('src/shared/market/a.ts', "import { b } from './b.ts'\n\nexport const a = () => b()\n")
    await writeSource('src/shared/market/b.ts', "import { a } from './a.ts'\n\nexport const b = () => a()\n")
    const { reported } = await lint()
    expect(reported.toSorted()).toEqual(['src/shared/market/a.ts import(no-cycle)', 'src/shared/market/b.ts import(no-cycle)'])
  })

  test('imports along the arrows are left alone', async () => {
    await writeSource('src/main/engine/engine.ts', "import { a } from './provider/provider.ts'\nimport { b } from './customer/customer.ts'\n\nexport const c = [a, b]\n")
    await writeSource('src/renderer/app/x.ts', "import { a } from '#shared/market/msat.ts'\n\nexport const b = a\n")
    await writeSource('src/main/desktop/x.ts', "import { app } from 'electron'\nimport { a } from '#engine/engine.ts'\n\nexport const b = [app, a]\n")
    expect(await lint()).toEqual({ status: 0, reported: [] })
  })
})

/** Lint does not look into `import()`: these are the same arrows for imports made while running. */
const forbiddenWhileRunning: { folder: RegExp; target: RegExp }[] = [
  { folder: /^src\/shared\//, target: /^(node:|electron|ws$|#main\/|#engine\/|#renderer\/|.*\/(main|renderer)\/)/ },
  { folder: /^src\/main\/engine\//, target: /^(electron|#renderer\/|#main\/(desktop|headless|ipc)\/|.*\/(renderer|desktop|headless)\/)/ },
  { folder: /^src\/main\/engine\/provider\//, target: /\/customer\// },
  { folder: /^src\/main\/engine\/customer\//, target: /\/provider\// },
  { folder: /^src\/main\//, target: /^(#renderer\/|.*\/renderer\/)/ },
  { folder: /^src\/renderer\//, target: /^(node:|electron|ws$|#main\/|#engine\/|.*\/main\/)/ },
]

function findCrossings(path: string, text: string): string[] {
  const targets = [...text.matchAll(/\bimport\(\s*['"`]([^'"`]+)['"`]/g)].map((match) => match[1] ?? '')
  return targets.filter((target) => forbiddenWhileRunning.some((rule) => rule.folder.test(path) && rule.target.test(target))).map((target) => `${path} → ${target}`)
}

async function shippedFiles(): Promise<readonly string[]> {
  const names = await readdir(join(root, 'src'), { recursive: true })
  return names.map((name) => `src/${name.replaceAll('\\', '/')}`).filter((path) => /\.tsx?$/.test(path) && !/\.test\.tsx?$|\/testing\//.test(path))
}

test('what comes from outside meets a schema through safeParse.ts alone, which never throws', async () => {
  const paths = (await shippedFiles()).filter((path) => path !== 'src/shared/safeParse.ts')
  const direct = await Promise.all(paths.map(async (path) => ((await readFile(join(root, path), 'utf8')).includes('.safeParse(') ? [path] : [])))
  expect(direct.flat()).toEqual([])
})

describe('imports made while running', () => {
  test('across an arrow are found', () => {
    expect(findCrossings('src/main/engine/x.ts', "await import('electron')")).toEqual(['src/main/engine/x.ts → electron'])
    expect(findCrossings('src/main/engine/provider/x.ts', "await import('../customer/customer.ts')")).toHaveLength(1)
    expect(findCrossings('src/renderer/app/x.ts', "await import('./Chart.tsx')")).toEqual([])
  })

  test('keep the arrows everywhere in src', async () => {
    const paths = await shippedFiles()
    const found = await Promise.all(paths.map(async (path) => findCrossings(path, await readFile(join(root, path), 'utf8'))))
    expect(paths.length).toBeGreaterThan(0)
    expect(found.flat()).toEqual([])
  })
})
