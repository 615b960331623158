// Adds up what the steps of a gate have left in FOLDER/STEP: exit-code, and reports of vitest as JSON. Says what has failed,
// then, as the last line, "N passed, M failed"; the exit code is 1 when M is not 0.
//   usage: node summary.mjs FOLDER
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = process.argv[2]
const total = { passed: 0, failed: 0 }

console.log()
for (const step of readdirSync(folder)) {
  const { passed, failed } = sumOf(join(folder, step))
  total.passed += passed
  total.failed += failed
  console.log(`${step}: ${failed === 0 ? 'passed' : 'FAILED'}`)
}
console.log(`${total.passed} passed, ${total.failed} failed`)
process.exitCode = total.failed === 0 ? 0 : 1

function sumOf(stepFolder) {
  const sum = { passed: 0, failed: 0 }
  for (const name of readdirSync(stepFolder).filter((file) => file.endsWith('.json'))) {
    const report = JSON.parse(readFileSync(join(stepFolder, name), 'utf8'))
    const failures = report.testResults.flatMap(failuresOf)
    console.log(
      `  ${name}: ${report.numPassedTests} passed, ${failures.length} failed, ${report.numPendingTests} skipped`,
    )
    for (const failure of failures) console.log(failure)
    sum.passed += report.numPassedTests
    sum.failed += failures.length
  }
  // What fails without a failed test, such as the compiler or a sanitizer, is one failure.
  if (readFileSync(join(stepFolder, 'exit-code'), 'utf8').trim() !== '0' && sum.failed === 0) sum.failed = 1
  return sum
}

/** A text for each failure of a test file, which stands at the end of a long log. */
function failuresOf({ name, status, message, assertionResults }) {
  if (status !== 'failed') return []
  const failed = assertionResults.filter((test) => test.status === 'failed')
  if (failed.length > 0) return failed.map((test) => textOf(name, test.fullName, test.failureMessages.join('\n')))
  // It could not even be loaded, or what its tests have in common failed.
  return [textOf(name, 'the file itself', message)]
}

function textOf(file, what, message) {
  const lines = message.split('\n').slice(0, 12)
  return [`    FAILED ${file}: ${what}`, ...lines.map((line) => `      ${line}`)].join('\n')
}
