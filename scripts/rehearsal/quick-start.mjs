// The first code of the README, pasted into an empty folder.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { blocksOf } from '../../tooling/doc-snippets/markdown.mjs';
import { root } from '../packed.mjs';
import { output, run } from './commands.mjs';
import { esbuild } from './tools.mjs';

/**
 * Installs what the code imports, and runs it: it must print what the README says.
 * @param {string} at a new folder
 * @param {NodeJS.ProcessEnv} env
 */
export async function checkQuickStart(at, env) {
  const blocks = blocksOf(root, 'README.md');
  const first = blocks.findIndex(({ language }) => language === 'ts');
  const { text } = blocks[first];
  const said = blocks[first + 1];
  const packages = [...text.matchAll(/ from '([^']+)'/g)].map(([, name]) => name);
  mkdirSync(at, { recursive: true });
  writeFileSync(join(at, 'package.json'), '{ "private": true, "type": "module" }\n');
  await run('npm', ['install', ...packages], { cwd: at, env });
  const { code } = await esbuild.transform(text, { loader: 'ts', format: 'esm' });
  writeFileSync(join(at, 'quick-start.js'), code);
  const printed = await output(process.execPath, ['quick-start.js'], { cwd: at, env });
  if (printed.trim() === said.text.trim()) return;
  throw new Error(`it prints\n${printed}where the README says\n${said.text}`);
}
