import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { npm } from './npm.mjs';

const BENCH = fileURLToPath(new URL('..', import.meta.url));
const LOCKFILE = join(BENCH, 'package-lock.json');
/** A copy of the lockfile that was installed. */
const STAMP = join(BENCH, 'node_modules', '.installed-lock.json');

function isInstalled() {
  return existsSync(STAMP) && readFileSync(STAMP, 'utf8') === readFileSync(LOCKFILE, 'utf8');
}

/** Installs the peers where they are absent or not those of the lockfile. */
export function installPeers() {
  if (isInstalled()) return;
  process.stderr.write('installing the peers (npm ci in bench/)\n');
  npm(['ci'], BENCH);
  writeFileSync(STAMP, readFileSync(LOCKFILE));
}
