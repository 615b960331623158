// The script of both pages: one measures, the other one is the far end. The main process calls the two functions.
import type { Outcome } from '../../row.ts'
import type { JobName, Jobs, Order } from '../order.ts'
import { measureFrames } from './frames.ts'
import { measureHandOver } from './hand-over.ts'
import { measurePageToNative, measurePageToPage } from './one-way.ts'
import { measureRoundTrips } from './round-trip.ts'
import { serve } from './serve.ts'

const MEASURE: { readonly [Name in JobName]: (settings: Jobs[Name]) => Promise<Outcome> } = {
  'page-to-native': measurePageToNative,
  'page-to-page': measurePageToPage,
  'round-trip': measureRoundTrips,
  'hand-over': measureHandOver,
  frames: measureFrames,
}

function measure<Name extends JobName>({ job, settings }: Order<Name>): Promise<Outcome> {
  return MEASURE[job](settings)
}

Object.assign(globalThis, { measure, serve })
