import type { App } from '../app/app.ts'
import { type Finding, ok } from '../finding.ts'
import { callsOf } from '../source/source-file.ts'
import { findWindows, type WindowSource } from '../source/windows.ts'

/** Which windows can hold native code. */
export function checkSandbox({ sources }: App): Finding[] {
  const windows = sources.flatMap(findWindows)
  if (windows.length === 0) return []
  const open = windows.filter((window) => isSandboxed(window) === false).map(({ place }) => place)
  const sandboxed = windows.filter((window) => isSandboxed(window) === true).map(({ place }) => place)
  const forced = sources.flatMap((file) => callsOf(file, 'enableSandbox').map((call) => file.place(call)))
  if (forced.length > 0 && open.length > 0) return [contradiction([...forced, ...open])]

  const findings = [
    ...(open.length > 0 ? [withoutSandbox(open)] : []),
    ...(sandboxed.length > 0 || forced.length > 0 ? [copying(open.length, [...forced, ...sandboxed])] : []),
  ]
  return findings.length > 0 ? findings : [ok('Whether windows are sandboxed is decided when the application runs.')]
}

/** Since Electron 20 all are but those with Node; `undefined` when the source does not tell. */
function isSandboxed({ settings, isComplete }: WindowSource): boolean | undefined {
  const written = settings.get('sandbox')
  if (written === 'unknown') return undefined
  if (written !== undefined) return written
  const hasNode = settings.get('nodeIntegration')
  if (!isComplete || hasNode === 'unknown') return undefined
  return hasNode !== true
}

function contradiction(where: readonly string[]): Finding {
  return {
    level: 'problem',
    what: 'app.enableSandbox() overrules the windows that are made without a sandbox.',
    why: 'Every preload is sandboxed then and cannot load the addon: these windows copy, and run no plugins themselves.',
    change:
      'Remove app.enableSandbox(), which each window has by default; or remove sandbox: false and let plugins run in a utility process.',
    where,
  }
}

function withoutSandbox(where: readonly string[]): Finding {
  return {
    level: 'note',
    what: 'Windows without a sandbox: their preload can load the addon, and memory reaches the page without a copy.',
    why: "A page that breaks out of the browser's engine has the rights of the user. Show only your own pages in such windows.",
    change: 'Keep sandbox: false where native code or shared memory is in the window, and remove it everywhere else.',
    where,
  }
}

function copying(others: number, where: readonly string[]): Finding {
  const all = others > 0 ? 'Some windows are sandboxed' : 'All windows are sandboxed'
  return {
    level: 'note',
    what: `${all}, as is the default: what they share is copied over a MessagePort.`,
    why: 'A sandboxed preload cannot load the addon. The API is the same; capabilities() says that it copies.',
    change: 'For a window that shows only your own pages and needs no copies: webPreferences: { sandbox: false }',
    where,
  }
}
