import { mount, type VueWrapper } from '@vue/test-utils'
import { type Component, defineComponent, h, KeepAlive, nextTick, type Plugin, ref } from 'vue'

/** A component that `<KeepAlive>` keeps while it is not shown. */
export interface Kept {
  readonly wrapper: VueWrapper
  show(isShown: boolean): Promise<void>
}

/** @param beside Rendered next to it, and always shown. */
export function kept(component: Component, beside: Component | null = null, plugins: Plugin[] = []): Kept {
  const isShown = ref(true)
  const wrapper = mount(
    defineComponent(() => () => [h(KeepAlive, () => (isShown.value ? h(component) : null)), beside && h(beside)]),
    { global: { plugins } },
  )
  return {
    wrapper,
    show: async (value) => {
      isShown.value = value
      await nextTick()
    },
  }
}
