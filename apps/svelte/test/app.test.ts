import { testApp } from '@shared-channel/sample/testing/applications'
import { mount, unmount } from 'svelte'
import App from '../src/App.svelte'

testApp((target, { connect }) => {
  const app = mount(App, { target, props: { connect } })
  return () => unmount(app)
})
