import { expect, test } from 'vitest';
import { help, optionsOf } from '../src/options.ts';

test('what is asked for can be given as flags', () => {
  expect(optionsOf(['here', '--name', 'audit', '--kind=router', '-y'])).toEqual({
    directory: 'here',
    name: 'audit',
    kind: 'router',
    yes: true,
    help: false,
    version: false,
  });
});

test('an option that there is not, or too many directories, are refused', () => {
  expect(() => optionsOf(['--colour'])).toThrow(/--colour[\s\S]*--help/);
  expect(() => optionsOf(['--name'])).toThrow('--name');
  expect(() => optionsOf(['a', 'b'])).toThrow("'a' and 'b' were given");
});

test('the help names every option and every kind', () => {
  for (const word of ['--kind', '--name', '--yes', '--help', '--version']) {
    expect(help).toContain(word);
  }
  for (const kind of ['plugin', 'transport', 'router']) expect(help).toContain(kind);
});
