// Before an application of a document: what its pages write to their consoles goes to stdout, as what it writes itself, and it
// quits after as many lines as the document has. When too few come, what came is compared all the same.
const { app } = require('electron')

const LONGEST_SILENCE = 20_000
const { log } = console
let linesLeft = Number(process.env.DOCUMENT_LINES)
const late = setTimeout(() => app.quit(), LONGEST_SILENCE)

console.log = (text) => {
  log(text)
  if (--linesLeft === 0) app.quit()
}

app.on('web-contents-created', (_event, contents) => {
  // Since Electron 35 the event itself has the text.
  contents.on('console-message', (event, _level, text = event.message) => console.log(text))
})
app.on('quit', () => clearTimeout(late))
