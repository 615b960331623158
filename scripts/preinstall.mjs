// Many people type `npm install` first. It harms nothing, and this says that it was not needed. pnpm, which the two
// commands bring along, runs this hook too and gets no message.
if (!/\bpnpm\//.test(process.env.npm_config_user_agent ?? '')) {
  console.error('No install step is needed here: `npm run demo` and `npm test` do all the set-up themselves.')
}
