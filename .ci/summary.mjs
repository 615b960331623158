// Adds up what the steps of a gate have left in FOLDER/STEP: exit-code, and reports of vitest as JSON. Ends with the line
// "N passed, M failed"; the exit code is 1 when M is not 0.
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
    // A file that could not even be loaded has no tests that could have failed.
    const broken = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0)
    const failed = report.numFailedTests + broken.length
    console.log(`  ${name}: ${report.numPassedTests} passed, ${failed} failed, ${report.numPendingTests} skipped`)
    sum.passed += report.numPassedTests
    sum.failed += failed
  }
  // What fails without a failed test, such as the compiler or a sanitizer, is one failure.
  if (readFileSync(join(stepFolder, 'exit-code'), 'utf8').trim() !== '0' && sum.failed === 0) sum.failed = 1
  return sum
}
