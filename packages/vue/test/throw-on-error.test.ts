import { turns } from '@shared-channel/sample/testing'
import { mount } from '@vue/test-utils'
import { expect, it, vi } from 'vitest'
import { type App, createApp, defineComponent, h, onErrorCaptured, ref } from 'vue'
import { type SharedChannelOptions, useSharedChannel } from '../src/index.ts'
import { Camera } from './helpers/camera.ts'
import { using } from './helpers/using.ts'

type ThrowOnError = SharedChannelOptions<Camera>['throwOnError']
const noCamera = new Error('no camera')
const failing = (throwOnError: ThrowOnError) =>
  defineComponent(() => {
    const { status } = useSharedChannel({
      key: 1,
      connect: () => Promise.reject(noCamera),
      protocol: Camera,
      throwOnError,
    })
    return () => h('p', status.value)
  })

it.each([
  ['true', true],
  ['a function of the error', (error: unknown) => error === noCamera],
  ['a ref', ref(true)],
  ['a getter', () => true],
])('with %s the error reaches onErrorCaptured of a component above', async (_, throwOnError: ThrowOnError) => {
  const captured = new Promise((resolve) => {
    const Child = failing(throwOnError)
    const Parent = defineComponent(() => {
      onErrorCaptured((error) => {
        resolve(error)
        return false
      })
      return () => h(Child)
    })
    mount(Parent)
  })
  expect(await captured).toBe(noCamera)
})

it('without one it reaches app.config.errorHandler', async () => {
  let app: App | undefined
  const handled = new Promise((resolve) => {
    app = createApp(failing(true))
    app.config.errorHandler = resolve
    app.mount(document.createElement('div'))
  })
  expect(await handled).toBe(noCamera)
  app?.unmount()
})

it.each([
  ['default', undefined],
  ['false', false],
  ['a function that says no', () => false],
])('with %s nothing is thrown: the error is in the ref only', async (_, throwOnError: ThrowOnError) => {
  const errorHandler = vi.fn()
  const { error, has } = using(
    { connect: () => Promise.reject(noCamera), throwOnError },
    { global: { config: { errorHandler } } },
  )
  await has('error')
  await turns()
  expect(error.value).toBe(noCamera)
  expect(errorHandler).not.toHaveBeenCalled()
})

it('is not thrown while it is tried again', async () => {
  const errorHandler = vi.fn()
  const connect = vi.fn(() => Promise.reject(noCamera))
  const { has } = using(
    { connect, retry: 2, retryDelay: 0, throwOnError: true },
    { global: { config: { errorHandler } } },
  )
  await has('error')
  await turns()
  expect(connect).toHaveBeenCalledTimes(3)
  expect(errorHandler).toHaveBeenCalledTimes(1)
})
