import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { proseOf } from './markdown.mjs';

/** What pnpm does itself; of these, the scripts below share a name with one and need `run`. */
const builtIn = new Set(['add', 'create', 'dlx', 'exec', 'install', 'pack', 'publish', 'run']);
const shadowed = new Set(['docs', 'pack', 'publish', 'version']);

/**
 * Commands in `sh` blocks, and `pnpm …` in prose, that name scripts or packages which are not there.
 * @param {string} root
 * @param {string[]} pages
 * @param {import('./markdown.mjs').Block[]} blocks
 * @returns {string[]}
 */
export function commandFaults(root, pages, blocks) {
  const known = knownTo(root);
  const inBlocks = blocks
    .filter(({ language }) => language === 'sh')
    .flatMap(({ file, line, text }) =>
      text.split('\n').map((command, at) => ({ place: `${file}:${line + at}`, command })),
    );
  const inProse = pages.flatMap((page) =>
    proseOf(root, page).flatMap((text, at) =>
      [...text.matchAll(/`(pnpm [a-z][^`]*)`/g)].map(([, command]) => ({
        place: `${page}:${at + 1}`,
        command,
      })),
    ),
  );
  return [...inBlocks, ...inProse].flatMap(({ place, command }) =>
    command
      .replace(/(^|\s)#.*$/, '')
      .split(/&&|\|\||[;|]/)
      .map((part) => faultOf(part.trim().split(/\s+/), known))
      .filter((fault) => fault !== undefined)
      .map((fault) => `${place} ${fault}`),
  );
}

function knownTo(root) {
  const manifest = (folder) => JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  const under = (folder) =>
    readdirSync(join(root, folder))
      .map((name) => `${folder}/${name}`)
      .filter((path) => existsSync(join(root, path, 'package.json')));
  const { scripts, packageManager } = manifest('.');
  const own = under('packages').map(manifest);
  const written = readFileSync(join(root, 'packages/create-bus-plugin/src/manifest.ts'), 'utf8');
  const [, ofStarter = ''] = /scripts: \{([^}]*)\}/.exec(written) ?? [];
  return {
    scripts: new Set(Object.keys(scripts)),
    packageManager,
    packages: new Set(own.map(({ name }) => name)),
    /** Of the packages that readers make. */
    theirScripts: new Set([
      ...under('examples').flatMap((path) => Object.keys(manifest(path).scripts ?? {})),
      ...[...ofStarter.matchAll(/^\s*'?([\w:]+)'?:/gm)].map(([, script]) => script),
    ]),
  };
}

function faultOf([program, ...words], known) {
  if (program === 'npx') {
    const [manager, ...rest] = words.filter((word) => word !== '-y');
    if (!manager?.startsWith('pnpm@')) return undefined;
    if (manager !== known.packageManager) {
      return `says ${manager}, where package.json says ${known.packageManager}`;
    }
    return pnpmFault(rest, known);
  }
  if (program === 'pnpm') return pnpmFault(words, known);
  if (program === 'npm') return npmFault(words, known);
  return undefined;
}

function pnpmFault(words, known) {
  if (words[0] === '--filter') return undefined;
  const [name = '', script = ''] = words.filter((word) => !word.startsWith('-'));
  if (name === 'run') {
    return known.scripts.has(script) ? undefined : `runs ${script}, which is no script`;
  }
  if (builtIn.has(name)) return undefined;
  if (!known.scripts.has(name)) return `says pnpm ${name}, which is no script`;
  return shadowed.has(name) ? `must say pnpm run ${name}: pnpm ${name} is another` : undefined;
}

function npmFault([name = '', ...words], known) {
  if (name === 'run') {
    return known.theirScripts.has(words[0])
      ? undefined
      : `runs ${words[0]}, which neither the examples nor the starter have`;
  }
  if (!['i', 'install'].includes(name)) return undefined;
  const scopes = [...known.packages].map((own) => own.split('/')[0]);
  const missing = words.find(
    (word) => scopes.includes(word.split('/')[0]) && !known.packages.has(word),
  );
  return missing && `installs ${missing}, which is no package`;
}
