import { expect, test } from 'vitest';
import { scopeFault, withScope, withSortedDependencies } from '../rename/scope.mjs';

const renamed = (text) => withScope(text, '@old', '@new');

test('a scope is renamed wherever it stands by itself or before a slash', () => {
  expect(renamed("import '@old/core'; // of @old.")).toBe("import '@new/core'; // of @new.");
  expect(renamed('`@old/*`, "@old/source", [`@old`], /@old\\//')).toBe(
    '`@new/*`, "@new/source", [`@new`], /@new\\//',
  );
});

test('what only looks like the scope stays: longer names, addresses, topics of the system', () => {
  const text =
    '@old-stop/x @older/x me@old.test @old.test/x $old.peer.up old-trace create-old-plugin';
  expect(renamed(text)).toBe(text);
});

test('dependencies are in order again', () => {
  const text = '{ "name": "x", "dependencies": { "@new/b": "1", "@alpha/a": "1" } }';
  expect(Object.keys(JSON.parse(withSortedDependencies(text)).dependencies)).toEqual([
    '@alpha/a',
    '@new/b',
  ]);
});

test('a bad scope is refused with what is wrong', () => {
  expect(scopeFault('@acme')).toBeUndefined();
  expect(scopeFault('@my-org.2')).toBeUndefined();
  expect(scopeFault(undefined)).toContain("'rename-scope @acme'");
  expect(scopeFault('acme')).toContain("say '@acme'");
  for (const bad of [
    '@',
    '@Acme',
    '@acme/',
    '@acme/core',
    '@-acme',
    '@a b',
    `@${'a'.repeat(200)}`,
  ]) {
    expect(scopeFault(bad), bad).toBeDefined();
  }
});
