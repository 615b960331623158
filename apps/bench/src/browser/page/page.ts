// The script of the page. The program calls the functions.
import type { Jobs } from '../jobs.ts'
import { measureLarge } from './large.ts'
import { showLevels } from './level.tsx'
import { measureSmall } from './small.ts'

Object.assign(globalThis, { measureSmall, measureLarge, showLevels } satisfies Jobs)
