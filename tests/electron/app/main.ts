// The app's main process: does the one task that the test has ordered, answers on standard output, and quits.
import { once } from 'node:events'
import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { app, utilityProcess } from 'electron'
import { flood } from './flood.ts'
import { runJob } from './jobs.ts'
import { order } from './order.ts'
import { openChannel } from './plugin.ts'
import { reload } from './reload.ts'
import { ends } from './sharing/ends.ts'
import { registerScheme, serveScheme } from './sharing/isolated-page.ts'
import { post } from './sharing/post.ts'
import { share } from './sharing/share.ts'
import { views } from './sharing/views.ts'
import { ANSWER_PREFIX, type JobTask, type Place, type QuitKind, type QuitResult, type Task } from './task.ts'
import { answered, createWindow, type Done, doomed, loadPage, runPreload } from './windows.ts'

const UNHARMED = ['clean-exit', 'killed']

app.on('render-process-gone', (_event, contents, { reason, exitCode }) => {
  if (!doomed.has(contents)) gone('renderer', reason, exitCode)
})
app.on('child-process-gone', (_event, { type, reason, exitCode }) => gone(type, reason, exitCode))
process.on('uncaughtException', (error) => fail(error))
process.on('unhandledRejection', (error) => fail(error))

registerScheme()
app.whenReady().then(serveScheme).then(work).catch(fail)

async function work(): Promise<void> {
  const { task } = order
  if (task.kind === 'quit') return quitBusy(task.how)
  answer(await resultOf(task))
  app.quit()
}

function resultOf(task: Exclude<Task, { kind: 'quit' }>): Promise<unknown> {
  switch (task.kind) {
    case 'job':
      return runIn[task.place](task)
    case 'reload':
      return reload(task.times)
    case 'share':
      return share(task.trusted)
    case 'views':
      return views()
    case 'ends':
      return ends()
    case 'post':
      return post(task.hasResizable)
  }
}

const runIn: Record<Place, (task: JobTask) => Promise<unknown>> = {
  main: ({ job }) => runJob(job),
  preload: ({ contextIsolation }) => {
    const window = createWindow(contextIsolation)
    return runPreload(() => loadPage(window))
  },
  utility: () => startUtility().done,
}

function startUtility() {
  const child = utilityProcess.fork(join(__dirname, 'utility.cjs'))
  return { child, done: once(child, 'message').then(([message]) => answered(message as Done)) }
}

/** Ends the app while every process of it has busy channels. */
async function quitBusy(how: QuitKind): Promise<void> {
  const window = createWindow()
  const utility = startUtility()
  await Promise.all([runPreload(() => loadPage(window)), utility.done, flood(() => openChannel())])
  const pids = [process.pid, window.webContents.getOSProcessId(), utility.child.pid ?? 0]
  answer({ pids } satisfies QuitResult)
  if (how === 'quit') app.quit()
  else window[how]()
}

function answer(result: unknown): void {
  writeSync(1, `${ANSWER_PREFIX}${JSON.stringify(result)}\n`)
}

function gone(what: string, reason: string, exitCode: number): void {
  if (!UNHARMED.includes(reason)) fail(new Error(`the ${what} process is gone: ${reason}, exit code ${exitCode}`))
}

function fail(error: unknown): void {
  console.error(error)
  app.exit(1)
}
