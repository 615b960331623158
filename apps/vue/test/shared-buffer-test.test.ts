import { testSharedBufferTest } from '@shared-channel/sample/testing/applications'
import { sharedChannels } from '@shared-channel/vue'
import { createApp } from 'vue'
import SharedBufferTest from '../src/SharedBufferTest.vue'

testSharedBufferTest((container, props) => {
  const app = createApp(SharedBufferTest, { ...props }).use(sharedChannels())
  app.mount(container)
  return () => app.unmount()
})
