import type { App } from '../app/app.ts'
import type { Finding } from '../finding.ts'
import { callsOf, type SourceFile } from '../source/source-file.ts'

/** Whether pages come from files, which have no origin to tell them by. */
export function checkOrigins({ sources }: App): Finding[] {
  const where = sources.flatMap((file) => loadsOfFiles(file).map((token) => file.place(token)))
  if (where.length === 0) return []
  return [
    {
      level: 'note',
      what: 'Pages are loaded from file:// URLs.',
      why: 'All files have one and the same origin, which the broker does not let in by default, and they cannot carry the headers COOP and COEP.',
      change:
        "registerAppScheme(join(__dirname, 'page')) of @shared-channel/electron/main, before the app is ready, and win.loadURL('app://app/index.html'). Or, for every file of this machine: createBroker({ origins: ['file://'] })",
      where,
    },
  ]
}

function loadsOfFiles(file: SourceFile) {
  const { tokens } = file
  const urls = callsOf(file, 'loadURL').filter((call) => {
    const argument = tokens[tokens.indexOf(call) + 2]
    return argument?.kind === 'string' && argument.text.startsWith('file:')
  })
  return [...callsOf(file, 'loadFile'), ...urls].filter((call) => tokens[tokens.indexOf(call) - 1]?.text === '.')
}
