import type { App } from '../app/app.ts'
import { type Finding, ok } from '../finding.ts'

const OLDEST_ELECTRON = 22
/** Beneath this Node's own release lines lack what the addon uses. */
const OLDEST_NODE: readonly [number, number] = [20, 19]

/** Which Node runs here, and which Electrons the application has. */
export function checkVersions(app: App): Finding[] {
  return [checkNode(process.versions.node), ...checkElectrons(app)]
}

export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [leastMajor, leastMinor] = OLDEST_NODE
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return ok(`Node.js ${version} runs here.`)
  return {
    level: 'problem',
    what: `Node.js ${version} runs here.`,
    why: `Shared Channel is made for Node.js ${OLDEST_NODE.join('.')} and later.`,
    change: 'Install a Node.js that is still maintained: https://nodejs.org',
  }
}

function checkElectrons(app: App): Finding[] {
  if (app.electrons.length === 0) return [withoutElectron(app)]
  return app.electrons.map(({ version, place }) => {
    if (version === undefined) return ok(`The version of Electron in ${place} cannot be told.`)
    if (Number.parseInt(version, 10) >= OLDEST_ELECTRON) return ok(`Electron ${version} (${place}).`)
    return {
      level: 'problem',
      what: `Electron ${version} is too old.`,
      why: `Shared Channel needs the utility processes and message ports of Electron ${OLDEST_ELECTRON} and later.`,
      change: 'npm install --save-dev electron@latest',
      where: [place],
    }
  })
}

function withoutElectron({ manifest }: App): Finding {
  const wanted = ['dependencies', 'devDependencies'].map((kind) => manifest[kind]).some(namesElectron)
  if (!wanted) return ok('No Electron here: a project for Node.js.')
  return {
    level: 'note',
    what: 'package.json asks for Electron, and none is installed.',
    why: 'What depends on the version and the executable of Electron was not looked at.',
    change: 'npm install',
    where: ['package.json'],
  }
}

function namesElectron(dependencies: unknown): boolean {
  return typeof dependencies === 'object' && dependencies !== null && 'electron' in dependencies
}
