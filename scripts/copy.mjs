// A copy of this repository, for checks that change it.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { publicPackages, root, run } from './packed.mjs';

/**
 * Copies what git knows or would, as one commit of a repository of its own, and installs what it
 * depends on: from what is on this machine, as far as it goes.
 * @param {string} to a folder that is not there yet
 * @param {{ isBuilt?: boolean }} [options] whether what was built comes along
 */
export function copyRepository(to, { isBuilt = false } = {}) {
  const listed = execFileSync('git', ['ls-files', '-z', '-co', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  const paths = new Set(listed.split('\0').filter((path) => existsSync(join(root, path))));
  paths.delete('');
  for (const path of paths) cpSync(join(root, path), join(to, path), { verbatimSymlinks: true });
  if (isBuilt) {
    for (const place of publicPackages()) {
      cpSync(join(place, 'dist'), join(to, 'packages', basename(place), 'dist'), {
        recursive: true,
      });
    }
  }
  run(
    join(root, 'node_modules/.bin/pnpm'),
    ['install', '--frozen-lockfile', '--prefer-offline', '--silent'],
    to,
  );
  run('git', ['init', '--quiet', '--initial-branch', 'main'], to);
  commitAll(to);
}

/** Commits every change in a copy. */
export function commitAll(folder) {
  const author = ['-c', 'user.name=rehearsal', '-c', 'user.email=rehearsal@localhost'];
  run('git', ['add', '--all'], folder);
  run('git', [...author, 'commit', '--quiet', '--message', 'as it is'], folder);
}
