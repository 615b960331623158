import { collectGarbage } from './garbage.ts'
import { segmentDescriptors, segmentMappings, threadsNamed } from './process.ts'
import { until } from './wait.ts'

/** What this process still has of its channels, when all are closed or gone and garbage was collected. */
export async function whatIsLeft(): Promise<{ threads: number; mappings: number; descriptors: number }> {
  await collectGarbage()
  const left = () => ({
    threads: threadsNamed(/^(sc:|shared-channel)/).length,
    mappings: segmentMappings().length,
    descriptors: segmentDescriptors().length,
  })
  // Buffers of terminated workers are freed in the background.
  await until(() => Object.values(left()).every((count) => count === 0), 5000).catch(() => {})
  return left()
}
