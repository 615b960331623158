// What compiled components import of Svelte, as far as the tests do.
declare module 'svelte/internal/client' {
  export const HMR: unique symbol
  export function hmr<Component>(component: Component): Component
}
