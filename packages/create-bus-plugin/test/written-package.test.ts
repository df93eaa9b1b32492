import { readdirSync, readFileSync } from 'node:fs';
import { createBus } from '@bus/core';
import { expect, test } from 'vitest';
import type { Kind } from '../src/kinds.ts';
import { kindNames, kindOf, kinds } from '../src/kinds.ts';
import { manifestOf } from '../src/manifest.ts';
import { namesOf } from '../src/names.ts';
import { own } from '../src/own.ts';
import { scope } from '../src/scope.ts';
import { renamed } from '../src/stand-in.ts';
import { filesOf } from '../src/template.ts';

const all = kindNames.map(kindOf);

function codeOf(kind: Kind, name: string): [path: string, text: string][] {
  return [...filesOf(kind, namesOf(name, kind))].filter(([path]) => path.endsWith('.ts'));
}

test.each(all)('nothing in a %s says any more what stood for the name', (kind) => {
  for (const [path, text] of filesOf(kind, namesOf('@me/bus-rate-limit', kind))) {
    expect(path + text.replaceAll(scope, ''), path).not.toMatch(/acme/i);
  }
});

test.each(all)('a %s has its sources, tests, readme, license, changesets and workflows', (kind) => {
  const paths = [...filesOf(kind, namesOf('bus-rate-limit', kind)).keys()];
  expect(paths).toEqual(
    expect.arrayContaining([
      'src/index.ts',
      'README.md',
      'LICENSE',
      'tsconfig.json',
      '.gitignore',
      '.changeset/config.json',
      '.github/workflows/ci.yml',
      '.github/workflows/release.yml',
    ]),
  );
  expect(paths.filter((path) => path.startsWith('test/'))).not.toEqual([]);
});

test('names are written as each place needs them', () => {
  const names = namesOf('@me/bus-rate-limit', 'router');
  const files = filesOf('router', names);
  expect(files.get('src/plugin.ts')).toContain("capability<RateLimitRouter>('router-rate-limit')");
  expect(files.get('src/plugin.ts')).toContain("name: '@me/bus-rate-limit'");
  expect(files.get('src/index.ts')).toContain('routerRateLimit');
  expect(files.get('LICENSE')).toContain('Copyright (c) the @me/bus-rate-limit authors');
});

test('a name that contains what stands for it is written once', () => {
  const files = filesOf('plugin', namesOf('@acme/bus-plugin-acme-audit', 'plugin'));
  expect(files.get('src/plugin.ts')).toContain("name: '@acme/bus-plugin-acme-audit',");
});

test('a scope is left as it is, also where it is called what stands for the name', () => {
  const names = namesOf('bus-plugin-audit', 'plugin');
  expect(renamed("from '@acme/core'; from '@my-acme/x'; acme()", names)).toBe(
    "from '@acme/core'; from '@my-acme/x'; audit()",
  );
});

test.each(all)('a %s imports nothing that its manifest does not name', (kind) => {
  const manifest = JSON.parse(manifestOf(kind, namesOf('bus-rate-limit', kind), own()));
  const dependencies = { ...manifest.peerDependencies, ...manifest.devDependencies };
  for (const [path, text] of codeOf(kind, 'bus-rate-limit')) {
    const known = path.startsWith('src/') ? manifest.peerDependencies : dependencies;
    for (const [, from = ''] of text.matchAll(/ from '([^.'][^']*)'/g)) {
      if (!from.startsWith('node:')) expect(known, `${from} in ${path}`).toHaveProperty([from]);
    }
  }
});

test.each(all)('a %s can be published', (kind) => {
  const manifest = JSON.parse(manifestOf(kind, namesOf('@me/bus-audit', kind), own()));
  expect(manifest).toMatchObject({
    name: '@me/bus-audit',
    type: 'module',
    sideEffects: false,
    license: 'MIT',
    description: kinds[kind].description,
    exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } },
    publishConfig: { access: 'public' },
    scripts: { 'check:pack': expect.stringContaining('publint --strict') },
  });
  expect(Object.keys(manifest.peerDependencies)).toContain(`${scope}/core`);
  for (const range of Object.values(manifest.devDependencies)) {
    expect(range).toMatch(/^\^\d+\.\d+\.\d+$/);
  }
  for (const range of Object.values(manifest.peerDependencies)) {
    expect(range).toMatch(/^(\^[1-9]\d*\.\d+\.\d+|>=0\.\d+\.\d+ <1\.0\.0)$/);
  }
});

test('the transport is the one that the guide explains line by line', () => {
  const example = new URL('../../../examples/custom-transport/', import.meta.url);
  const files = filesOf('transport', namesOf('bus-transport-tcp', 'transport'));
  for (const folder of ['src', 'test']) {
    for (const file of readdirSync(new URL(folder, example))) {
      const text = readFileSync(new URL(`${folder}/${file}`, example), 'utf8');
      const written = files.get(`${folder}/${file === 'tcp.ts' ? 'transport.ts' : file}`);
      expect(written, file).toBe(text.replaceAll('./tcp.ts', './transport.ts'));
    }
  }
});

test('no plugin can be named for what the kernel has on every bus', () => {
  const bus = createBus();
  const members = ['id', 'state', 'use', 'start', 'stop', 'handle', 'notify', 'endpoints'];
  for (const member of [...members, 'inspect', 'explain']) {
    expect(bus).toHaveProperty(member);
    expect(() => filesOf('plugin', namesOf(`bus-plugin-${member}`, 'plugin'))).toThrow(member);
  }
});
