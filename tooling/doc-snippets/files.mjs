import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const skipped = new Set(['node_modules', 'dist', 'coverage', '.git', '.turbo']);

/**
 * Files below a folder whose names end in `ending`, relative to `root`, sorted.
 * @param {string} root
 * @param {string} folder
 * @param {string} ending
 * @returns {string[]}
 */
export function filesUnder(root, folder, ending) {
  if (!existsSync(join(root, folder))) return [];
  const files = [];
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = folder === '.' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      if (!skipped.has(entry.name)) files.push(...filesUnder(root, path, ending));
    } else if (entry.name.endsWith(ending)) files.push(path);
  }
  return files.sort();
}

/** Writes a file, and the folders above it. @param {string} path @param {string} text */
export function write(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** Makes a folder be found at another path too. @param {string} target @param {string} path */
export function link(target, path) {
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path, 'junction');
}
