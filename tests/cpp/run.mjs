// The package's test:cpp: builds and runs the C++ specifications; says one line when they pass.
import { CommandFailed, DOCTEST_HOW, DoctestMissing, runCppTests } from './cpp-tests.mjs'

const start = performance.now()
try {
  const { cases, files } = runCppTests('plain')
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  console.log(`C++ tests: ${cases} test cases in ${files} files passed, in ${seconds} s with the build`)
} catch (error) {
  if (error instanceof DoctestMissing && !process.env.CI) {
    console.log(`C++ tests: left out, because doctest is missing; to run them: ${DOCTEST_HOW}`)
  } else {
    process.exitCode = 1
    if (error instanceof CommandFailed) console.error(error.output)
    console.error(
      `C++ tests: ${error instanceof DoctestMissing ? `doctest is missing; ${DOCTEST_HOW}` : error.message}`,
    )
  }
}
