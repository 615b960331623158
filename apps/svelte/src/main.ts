import '@shared-channel/sample/style.css'
import { connect } from '@shared-channel/sample'
import { mount } from 'svelte'
import App from './App.svelte'

mount(App, { target: document.body, props: { connect } })
