import type { App } from '../app/app.ts'
import { type Finding, ok } from '../finding.ts'
import { findWindows, type WindowSource } from '../source/windows.ts'

/** Whether pages are kept apart from Node and from the preload. */
export function checkWorlds({ sources }: App): Finding[] {
  const windows = sources.flatMap(findWindows)
  if (windows.length === 0) return []
  const withNode: string[] = []
  const withPreload: string[] = []
  const withNeither: string[] = []
  for (const { settings, isComplete, place } of windows) {
    // A sandboxed window has no Node, whatever else is written.
    const wantsNode = settings.get('nodeIntegration') === true && settings.get('sandbox') !== true
    const isolation = settings.get('contextIsolation') ?? (isComplete || 'unknown')
    if (isolation === false) (wantsNode ? withNode : withPreload).push(place)
    else if (isolation === true && wantsNode) withNeither.push(place)
  }
  const findings = [
    ...(withNode.length > 0 ? [nodeInPage(withNode)] : []),
    ...(withPreload.length > 0 ? [oneWorld(withPreload)] : []),
    ...(withNeither.length > 0 ? [pointless(withNeither)] : []),
  ]
  if (findings.length > 0) return findings
  return [
    ok(
      windows.some(isDecidedLater)
        ? 'Whether pages have Node and a world of their own is, for some windows, decided when the application runs.'
        : 'Pages have no Node and a world of their own.',
    ),
  ]
}

function isDecidedLater({ settings, isComplete }: WindowSource): boolean {
  return !isComplete || settings.get('nodeIntegration') === 'unknown' || settings.get('contextIsolation') === 'unknown'
}

function nodeInPage(where: readonly string[]): Finding {
  return {
    level: 'problem',
    what: 'Pages have Node: nodeIntegration: true with contextIsolation: false.',
    why: 'Every script of the page, one that was slipped in as well, can run programs and load native code as the user.',
    change:
      'webPreferences: { contextIsolation: true, nodeIntegration: false, sandbox: false }: plugins then run in the preload.',
    where,
  }
}

function oneWorld(where: readonly string[]): Finding {
  return {
    level: 'problem',
    what: 'Pages share their world with the preload: contextIsolation: false.',
    why: 'A script of the page can change what the preload calls, and so reach what only the preload may.',
    change: 'webPreferences: { contextIsolation: true }, which is the default; Shared Channel does not need it off.',
    where,
  }
}

function pointless(where: readonly string[]): Finding {
  return {
    level: 'note',
    what: 'nodeIntegration: true gives the page nothing while contextIsolation is on.',
    why: 'All it does is to turn the sandbox of the window off.',
    change: 'Remove it; write sandbox: false where the preload needs the addon.',
    where,
  }
}
