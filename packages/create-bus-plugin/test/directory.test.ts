import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix, win32 } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkEmpty, directoryOf, writeFiles } from '../src/directory.ts';

let cwd = '';
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'create-bus-plugin-'));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

test('a directory is found from where one is, on Windows too', () => {
  expect(directoryOf('plugins/audit', '/home/me', posix)).toEqual({
    path: '/home/me/plugins/audit',
    name: 'audit',
    command: 'cd plugins/audit',
  });
  expect(directoryOf('plugins\\audit', 'C:\\Users\\me', win32)).toEqual({
    path: 'C:\\Users\\me\\plugins\\audit',
    name: 'audit',
    command: 'cd plugins\\audit',
  });
  expect(directoryOf('D:/audit', 'C:\\Users\\me', win32)).toMatchObject({
    path: 'D:\\audit',
    command: 'cd D:\\audit',
  });
});

test('the command that goes there is quoted where it has to be', () => {
  expect(directoryOf('my plugins/audit', '/home', posix).command).toBe('cd "my plugins/audit"');
  expect(directoryOf('.', '/home', posix).command).toBe('cd .');
});

test('a new directory, an empty one and a fresh repository are taken', () => {
  expect(() => checkEmpty(directoryOf('new/one', cwd))).not.toThrow();
  expect(() => checkEmpty(directoryOf('.', cwd))).not.toThrow();
  mkdirSync(join(cwd, '.git'));
  expect(() => checkEmpty(directoryOf('.', cwd))).not.toThrow();
});

test('a directory with anything in it is refused, and so is a file', () => {
  for (const name of ['a', 'b', 'c', 'd']) writeFileSync(join(cwd, name), '');
  expect(() => checkEmpty(directoryOf('.', cwd))).toThrow('it has a, b, c and more');
  expect(() => checkEmpty(directoryOf('a', cwd))).toThrow('is a file');
  expect(() => checkEmpty(directoryOf('a/b', cwd))).toThrow('is a file');
});

test('files are written with the folders they are in, and none is written over', () => {
  const directory = directoryOf('new', cwd);
  writeFiles(directory, new Map([['src/a/b.ts', 'text']]));
  expect(readFileSync(join(cwd, 'new', 'src', 'a', 'b.ts'), 'utf8')).toBe('text');
  expect(() => writeFiles(directory, new Map([['src/a/b.ts', 'other']]))).toThrow('cannot write');
  expect(readFileSync(join(cwd, 'new', 'src', 'a', 'b.ts'), 'utf8')).toBe('text');
});
