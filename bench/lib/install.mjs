import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

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
  const beside = join(dirname(process.execPath), 'npm');
  const onWindows = process.platform === 'win32';
  const npm = !onWindows && existsSync(beside) ? beside : 'npm';
  process.stderr.write('installing the peers (npm ci in bench/)\n');
  const { status } = spawnSync(npm, ['ci', '--no-audit', '--no-fund'], {
    cwd: BENCH,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: onWindows,
  });
  if (status !== 0) throw new Error('npm ci in bench/ failed');
  writeFileSync(STAMP, readFileSync(LOCKFILE));
}
