import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { main } from '../src/index.ts';

let cwd = '';
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'create-bus-plugin-'));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

/** Starts the program with a command line and the lines somebody types. */
async function started(args: readonly string[], answers: readonly string[] = []) {
  const output = new PassThrough();
  const errors = new PassThrough();
  const input = Readable.from(answers.map((answer) => `${answer}\n`));
  const code = await main({ args, cwd, input, output, errors });
  output.end();
  errors.end();
  return { code, output: await text(output), errors: await text(errors) };
}

function manifestIn(directory: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(cwd, directory, 'package.json'), 'utf8'));
}

test('with --yes nothing is asked, and the next three commands are told', async () => {
  const { code, output } = await started(['bus-plugin-audit', '--yes']);
  expect(code).toBe(0);
  expect(output).toBe(
    `\n${join(cwd, 'bus-plugin-audit')} is written. Next:\n\n  cd bus-plugin-audit\n  npm install\n  npm test\n`,
  );
  expect(manifestIn('bus-plugin-audit')).toMatchObject({ name: 'bus-plugin-audit' });
  expect(
    readFileSync(join(cwd, 'bus-plugin-audit', '.changeset', 'first-release.md'), 'utf8'),
  ).toContain('"bus-plugin-audit": minor');
});

test('what is not given is asked for, and an empty answer is the default', async () => {
  const { code, output } = await started([], ['transport', '@me/bus-transport-tcp', '']);
  expect(code).toBe(0);
  expect(output).toContain('Kind: plugin, transport, router? (plugin)');
  expect(output).toContain('Name of the package? (bus-transport-sample)');
  expect(output).toContain('Directory? (bus-transport-tcp)');
  expect(manifestIn('bus-transport-tcp')).toMatchObject({
    name: '@me/bus-transport-tcp',
    description: 'a transport for @bus',
  });
});

test('what is given is not asked for', async () => {
  const { output } = await started(['here', '--kind', 'router', '--name', 'bus-router-nats']);
  expect(output).not.toContain('?');
  expect(manifestIn('here')).toMatchObject({ name: 'bus-router-nats' });
});

test('a bad answer is explained and asked for again', async () => {
  writeFileSync(join(cwd, 'audit'), 'a file');
  const answers = ['gadget', 'plugin', 'Audit', 'bus-plugin-new', 'bus-audit', 'audit', 'there'];
  const { code, output } = await started([], answers);
  expect(code).toBe(0);
  expect(output).toContain("there is no kind 'gadget'");
  expect(output).toContain('capital letters');
  expect(output).toContain('a reserved word');
  expect(output).toContain('is a file');
  expect(manifestIn('there')).toMatchObject({ name: 'bus-audit' });
});

test('a bad flag is refused, and nothing is written', async () => {
  for (const args of [
    ['a', '--kind', 'gadget', '--yes'],
    ['a', '--name', 'Audit', '--yes'],
    ['a', '--colour'],
    ['..'],
  ]) {
    const { code, errors } = await started(args);
    expect(code).toBe(1);
    expect(errors).not.toBe('');
  }
  expect(readdirSync(cwd)).toEqual([]);
});

test('a directory that is not empty is left as it is', async () => {
  writeFileSync(join(cwd, 'mine'), 'precious');
  const { code, errors } = await started(['.', '--name', 'bus-audit', '--yes']);
  expect(code).toBe(1);
  expect(errors).toContain('is not empty: it has mine');
  expect(readdirSync(cwd)).toEqual(['mine']);
});

test('when the answers end before the questions, nothing is written', async () => {
  const { code, errors } = await started([], ['plugin']);
  expect(code).toBe(1);
  expect(errors).toContain('nothing was written');
  expect(readdirSync(cwd)).toEqual([]);
});

test('help and version are told, whatever else is asked', async () => {
  expect((await started(['--help'])).output).toContain('usage: create-bus-plugin');
  expect((await started(['-v'])).output).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect(existsSync(join(cwd, 'bus-plugin-sample'))).toBe(false);
});
