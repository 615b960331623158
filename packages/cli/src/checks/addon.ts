import { relative } from 'node:path'
import type { App } from '../app/app.ts'
import { readFuses } from '../app/fuses.ts'
import { findNative, type ProbeResult, probe } from '../app/probe.ts'
import { type Finding, ok } from '../finding.ts'

/** Whether the addon can be loaded, in Node and in the Electron to develop with, and shares memory there. */
export async function checkAddon(app: App): Promise<Finding[]> {
  const { path, isOwn } = findNative(app.folder)
  const where = isOwn ? [relative(app.folder, path)] : []
  const findings = [assess(`Node.js ${process.versions.node}`, probe(process.execPath, path), where)]
  const electron = app.electrons.find(({ isPackaged, executable }) => !isPackaged && executable !== undefined)
  if (electron?.executable !== undefined && (await readFuses(electron.executable))?.RunAsNode === true) {
    findings.push(assess(`Electron ${electron.version ?? ''}`.trim(), probe(electron.executable, path), where))
  }
  return findings
}

function assess(host: string, { capabilities, failure }: ProbeResult, where: readonly string[]): Finding {
  if (capabilities === undefined || !capabilities.nativeInProcess) {
    return {
      level: 'problem',
      what: `The addon cannot be loaded in ${host}: ${failure ?? capabilities?.reason ?? 'it does not say why'}`,
      why: 'Without it there are neither plugins nor shared memory in this process.',
      change:
        'npm rebuild @shared-channel/native, with a C++20 compiler and CMake; in a bundle keep the package outside (external: ["@shared-channel/native"]).',
      where,
    }
  }
  if (!capabilities.zeroCopy) {
    return {
      level: 'note',
      what: `The addon is loaded in ${host}, and copies: ${capabilities.reason ?? ''}`.trimEnd(),
      why: 'Channels and buffers work as ever, at the price of copies.',
      change:
        'Unset SHARED_CHANNEL_MEMORY if it is set; else run on a system whose memory can be mapped (docs/design-notes.md).',
      where,
    }
  }
  if (capabilities.reason !== undefined) {
    return {
      level: 'note',
      what: `The addon is loaded in ${host}; its shared memory has names in /dev/shm (no memfd): ${capabilities.reason}`,
      why: 'Such memory cannot be sealed, and is only for processes of one application.',
      change:
        'Allow memfd_create, which a seccomp profile may forbid, and let the process be dumpable; or open what it shares with { trusted: true }.',
    }
  }
  return ok(`The addon is loaded in ${host} and shares memory without a copy.`)
}
