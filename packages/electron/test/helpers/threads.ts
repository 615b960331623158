// Programs in children/, which run as threads. Node 20 runs no TypeScript: they are bundled.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type MessagePort, Worker } from 'node:worker_threads'
import { build } from 'tsdown'
import { afterAll, onTestFinished } from 'vitest'

const built = mkdtempSync(join(tmpdir(), 'shared-channel-electron-'))
const paths = new Map<string, Promise<string>>()
afterAll(() => rmSync(built, { recursive: true, force: true }))

/** Runs children/<name>.ts with `workerData` of a port and more; the test's end ends it. */
export async function startThread(name: string, port: MessagePort, more: object): Promise<Worker> {
  let path = paths.get(name)
  if (path === undefined) {
    path = bundle(name)
    paths.set(name, path)
  }
  const worker = new Worker(await path, { workerData: { port, ...more }, transferList: [port] })
  onTestFinished(async () => void (await worker.terminate()))
  return worker
}

async function bundle(name: string): Promise<string> {
  const entry = fileURLToPath(new URL(`../children/${name}.ts`, import.meta.url))
  await build({
    config: false,
    entry: [entry],
    outDir: built,
    clean: false,
    platform: 'node',
    dts: false,
    logLevel: 'error',
    noExternal: [/^@shared-channel\//],
  })
  return join(built, `${name}.mjs`)
}
