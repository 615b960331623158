import { sharedChannels } from '@shared-channel/vue'
import { createApp } from 'vue'
import Level from './Level.vue'

createApp(Level, { size: 1024 }).use(sharedChannels()).mount('#app')
