// What can run in any process of the app: main, preload, utility.
import { createRequire } from 'node:module'
import { fixedBuffers } from './fixed-buffers.ts'
import { many } from './many.ts'
import { order } from './order.ts'
import { stream } from './stream.ts'
import type { CageResult, JobName, JobResults } from './task.ts'
import { ways } from './ways.ts'

const jobs: { [Name in JobName]: () => Promise<JobResults[Name]> } = { cage, stream, many, fixedBuffers, ways }

export function runJob(name: JobName): Promise<JobResults[JobName]> {
  return jobs[name]()
}

async function cage(): Promise<CageResult> {
  const { cageProbe } = order.paths
  const probe: { externalBufferStatus(): number } = createRequire(cageProbe)(cageProbe)
  const { electron, node, v8 } = process.versions
  return { versions: { electron, node, v8 }, status: probe.externalBufferStatus() }
}
