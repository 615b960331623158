import { mount } from 'svelte'
import Level from './Level.svelte'

mount(Level, { target: document.getElementById('app') as HTMLElement, props: { size: 1024 } })
