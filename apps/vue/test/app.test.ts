import { testApp } from '@shared-channel/sample/testing/applications'
import { sharedChannels } from '@shared-channel/vue'
import { createApp } from 'vue'
import App from '../src/App.vue'

testApp((container, props) => {
  const app = createApp(App, { ...props }).use(sharedChannels())
  app.mount(container)
  return () => app.unmount()
})
