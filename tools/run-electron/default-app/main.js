// Runs the app that the command line names (a folder or a file), and the modules that -r names before it, as the
// default app of a downloaded Electron does. Playwright's _electron.launch needs both.
const { app } = require('electron')
const Module = require('node:module')
const path = require('node:path')

const args = process.argv.slice(1)
const preloaded = []
let target
for (let i = 0; i < args.length && target === undefined; i++) {
  if (args[i] === '-r' || args[i] === '--require') preloaded.push(path.resolve(args[++i]))
  else if (!args[i].startsWith('-')) target = path.resolve(args[i])
}

if (target === undefined) {
  console.error('usage: electron [-r module] [switches] path-of-app')
  app.exit(1)
} else {
  Module._preloadModules(preloaded)
  let root = target
  try {
    const { productName, name, version } = require(path.join(target, 'package.json'))
    if (productName ?? name) app.setName(productName ?? name)
    if (version) app.setVersion(version)
  } catch {
    root = path.dirname(target)
  }
  app.setAppPath(root)
  Module._load(target, null, true)
}
