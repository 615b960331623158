import type { MessageHandler, MessageSource, ReceivePayload } from '@shared-channel/core'
import { Camera } from './camera.ts'

/** What a component's test may have in a channel's place: hands out levels when it is told to. */
export class FakeSource implements MessageSource<Camera> {
  readonly protocol = Camera
  isClosed = false
  readonly handlers = new Set<MessageHandler<never>>()

  on: MessageSource<Camera>['on'] = (_, handler) => {
    this.handlers.add(handler)
    return () => void this.handlers.delete(handler)
  }

  emit(level: ReceivePayload<Camera, 'level'>): void {
    for (const handler of [...this.handlers]) handler(level as never)
  }
}
