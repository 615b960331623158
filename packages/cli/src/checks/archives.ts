import { basename, join } from 'node:path'
import type { App } from '../app/app.ts'
import type { Archive, ArchivedFile } from '../app/archive.ts'
import { type Finding, ok } from '../finding.ts'

const ADDON = 'shared_channel.node'
const HOST = 'shared-channel-host'
const LIBRARY = /\.(so(\.\d+)*|dylib|dll)$/
/** What a plugin exports, by our interface or by the older one. */
const PLUGIN_ENTRIES = ['sc_get_plugin_entry', 'get_plugin_interface']
const UNPACK = [
  'electron-builder: "asarUnpack": ["**/node_modules/@shared-channel/native/**"], plugins as "extraResources".',
  "Electron Forge: packagerConfig: { asar: { unpack: '**/{*.node,shared-channel-host}' }, extraResource: ['plugins'] }",
].join('\n')

/** Whether native code lies as files where the system can open it, and not within an archive. */
export function checkArchives({ archives }: App): Finding[] {
  return archives.flatMap(checkArchive)
}

function checkArchive(archive: Archive): Finding[] {
  const isUsed = archive.files.some(({ path }) => path.includes(join('node_modules', '@shared-channel')))
  const ours = archive.files.filter(({ path }) => [ADDON, HOST].includes(basename(path)))
  const plugins = archive.files.filter((file) => LIBRARY.test(file.path) && isPlugin(archive, file))
  const native = [...ours, ...plugins]
  const packed = native.filter(({ isUnpacked }) => !isUnpacked).map(({ path }) => join(archive.path, path))
  const lost = native.filter(({ isUnpacked, path }) => isUnpacked && !archive.isThere(path))
  const findings = [
    ...(packed.length > 0 ? [insideArchive(packed)] : []),
    ...(lost.length > 0 ? [notBeside(lost.map(({ path }) => join(`${archive.path}.unpacked`, path)))] : []),
    ...(isUsed && !ours.some(({ path }) => basename(path) === ADDON) ? [withoutAddon(archive)] : []),
  ]
  if (findings.length > 0) return findings
  return native.length > 0 ? [ok(`Native code lies unpacked beside ${archive.path}.`)] : []
}

function isPlugin(archive: Archive, { path }: ArchivedFile): boolean {
  const content = archive.read(path)
  return content !== undefined && PLUGIN_ENTRIES.some((name) => content.includes(name))
}

function insideArchive(where: readonly string[]): Finding {
  return {
    level: 'problem',
    what: 'Native code lies within the asar archive.',
    why: 'The system cannot open files there: plugins are not found and the process that hosts them does not start. The addon alone is loaded, from a temporary copy that each process makes.',
    change: UNPACK,
    where,
  }
}

function notBeside(where: readonly string[]): Finding {
  return {
    level: 'problem',
    what: 'Files that were left out of the asar archive are not beside it.',
    why: 'The archive names them, and whoever loads them finds nothing.',
    change: 'Ship the folder app.asar.unpacked together with app.asar.',
    where,
  }
}

function withoutAddon(archive: Archive): Finding {
  return {
    level: 'problem',
    what: `The packaged application has Shared Channel, but not its addon (${ADDON}).`,
    why: 'Neither plugins nor shared memory work without it.',
    change: `Let the packager take node_modules/@shared-channel/native/build/Release along.\n${UNPACK}`,
    where: [archive.path],
  }
}
