// Builds the site of the documentation, serves it while pages are written, or serves what was built.
//   node docs/.vitepress/site.mjs build [--base /path/]
//   node docs/.vitepress/site.mjs dev | preview [--port N]
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build, createServer, serve } from 'vitepress';
import { root } from './pages.mjs';
import { writeReference } from './reference.mjs';

const docs = join(root, 'docs');
const built = join(docs, '.vitepress/dist');
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { base: { type: 'string', default: '/' }, port: { type: 'string' } },
});
const port = values.port === undefined ? undefined : Number(values.port);

const actions = {
  async build() {
    await writeReference();
    await build(docs, { base: values.base });
    console.log(`\nThe site is in ${built}.`);
    console.log('To look at it: pnpm run docs:preview');
  },
  async dev() {
    await writeReference();
    await startDev();
  },
  async preview() {
    if (!existsSync(built)) throw new Error('nothing is built yet: pnpm run docs');
    await serve({ root: docs, base: values.base, port: port ?? 4173 });
  },
};

/** Starts over when the configuration changes. */
async function startDev() {
  const server = await createServer(docs, { base: values.base, port: port ?? 5173 }, async () => {
    await server.close();
    await startDev();
  });
  await server.listen();
  server.printUrls();
}

const action = actions[positionals[0] ?? ''];
if (action === undefined) throw new Error(`say one of: ${Object.keys(actions).join(', ')}`);
await action();
