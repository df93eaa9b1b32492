import { describe, expect, test } from 'vitest';
import { checkIdentifiers } from '../src/identifiers.ts';
import type { Kind } from '../src/kinds.ts';
import { namesOf, suggestedName } from '../src/names.ts';

describe('a name for a package', () => {
  test.each([
    ['bus-plugin-audit', 'plugin', 'audit'],
    ['bus-transport-web-rtc', 'transport', 'web-rtc'],
    ['@me/bus-plugin-rate.limit', 'plugin', 'rate-limit'],
    ['audit', 'plugin', 'audit'],
    ['audit-plugin', 'plugin', 'audit'],
    ['bus-router-plugin', 'plugin', 'plugin'],
    ['my-bus', 'router', 'my-bus'],
  ] as const)('%s as a %s is about %s', (name, kind, kebab) => {
    expect(namesOf(name, kind)).toMatchObject({ package: name, kebab });
  });

  test('is written as identifiers', () => {
    expect(namesOf('@me/bus-plugin-rate-limit-2', 'plugin')).toEqual({
      package: '@me/bus-plugin-rate-limit-2',
      kebab: 'rate-limit-2',
      camel: 'rateLimit2',
      pascal: 'RateLimit2',
    });
  });

  test.each([
    ['Audit', 'capital letters'],
    ['my plugin', 'write letters, digits'],
    ['.audit', 'write letters, digits'],
    ['@me', 'write letters, digits'],
    ['a/b', 'write letters, digits'],
    ['../audit', 'write letters, digits'],
    ['', 'write letters, digits'],
    ['node_modules', 'takes no such name'],
    ['a'.repeat(215), 'more than 214'],
    ['bus-plugin', 'does not say what the package is about'],
    ['bus-plugin-3d', "'3d' begins with a digit"],
  ])('is refused as %j, and why is said', (name, why) => {
    expect(() => namesOf(name, 'plugin')).toThrow(why);
  });

  test('is suggested by a folder', () => {
    expect(suggestedName('My Plugin')).toBe('my-plugin');
    expect(suggestedName('_audit_')).toBe('audit');
    expect(suggestedName('日本')).toBeUndefined();
  });
});

describe('identifiers', () => {
  const template = [
    "import { join } from 'node:path'; // about path\nexport const acme = join; export interface Acme {}",
  ];
  const check = (name: string, kind: Kind): void =>
    checkIdentifiers(kind, namesOf(name, kind), template);

  test.each([
    ['bus-plugin-new', "'new' in code, which is a reserved word"],
    ['bus-plugin-publish', "'publish' in code, which is a member that the bus has already"],
    ['bus-plugin-join', "'join' in code, which is used in the code"],
  ])('that would not compile are refused: %s', (name, why) => {
    expect(() => check(name, 'plugin')).toThrow(why);
    expect(() => check(name, 'plugin')).toThrow(`such as '${name.replace(/(\w+)$/, 'my-$1')}'`);
  });

  test('are their own affair where the template does not use them in code', () => {
    expect(() => check('bus-plugin-path', 'plugin')).not.toThrow();
    expect(() => check('bus-router-publish', 'router')).not.toThrow();
  });
});
