// For svelte-check, since a component of the tests waits while it is rendered. The tests have their own settings.
export default { compilerOptions: { experimental: { async: true } } }
