// What the tests of worker links and their worker say to each other.
import { bytes, defineProtocol, json, text } from '@shared-channel/core'

export const Work = defineProtocol({
  send: {
    /** `close`: the worker ends itself. `throw`: an error that nobody catches. */
    order: { id: 1, codec: text() },
    double: { id: 2, codec: json<number>(), reply: json<number>() },
    /** Has the worker send so many parts of a size; answered with the checksum of as many parts that came from here. */
    exchange: { id: 3, codec: json<{ parts: number; size: number }>(), reply: text() },
    'your name': { id: 4, codec: text(), reply: text() },
  },
  both: { data: { id: 5, codec: bytes({ view: true }) } },
})
