import '@shared-channel/sample/style.css'
import { connect } from '@shared-channel/sample'
import { sharedChannels } from '@shared-channel/vue'
import { createApp } from 'vue'
import App from './App.vue'

createApp(App, { connect }).use(sharedChannels()).mount('#app')
