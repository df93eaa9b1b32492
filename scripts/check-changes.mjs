// Checks that every package whose public files changed says so in a changeset, or has been given a
// version since: the pull request that makes versions takes the changesets away.
//   node scripts/check-changes.mjs [folder]    of a repository; this one, if not given
// What changed is seen from CHANGES_SINCE; else from the branch of the pull request; else from where
// this branch left origin/main. Where there is none of them, there is nothing to compare with.
// Which files are public is `changedFilePatterns` in .changeset/config.json.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import process from 'node:process';
import { getChangedPackagesSinceRef } from '@changesets/git';
import read from '@changesets/read';
import { root } from './packed.mjs';

const cwd = process.argv[2] ?? root;

function git(...args) {
  try {
    return execFileSync('git', args, {
      cwd,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return undefined;
  }
}

/** The commit to compare with, or why there is none. */
function baseOf({ CHANGES_SINCE: given, GITHUB_BASE_REF: branch }) {
  const ref = given || (branch ? `origin/${branch}` : 'origin/main');
  const base = git('merge-base', ref, 'HEAD')?.trim();
  if (base !== undefined) return { base };
  const isShallow = git('rev-parse', '--is-shallow-repository')?.trim() === 'true';
  const why = isShallow ? 'the clone is shallow' : `there is no ${ref}`;
  if (given) throw new Error(`nothing to compare with: ${why}`);
  return { why };
}

/** The names that changesets written since a commit say, also those that git does not know yet. */
async function namedSince(base) {
  const before = new Set(git('ls-tree', '--name-only', base, '.changeset/')?.split('\n'));
  const waiting = await read(cwd);
  const written = waiting.filter(({ id }) => !before.has(`.changeset/${id}.md`));
  const edited = await read(cwd, base);
  return new Set(
    [...written, ...edited].flatMap(({ releases }) => releases.map(({ name }) => name)),
  );
}

function hasNewVersion({ dir, packageJson }, base) {
  const before = git('show', `${base}:${relative(cwd, dir).replaceAll('\\', '/')}/package.json`);
  return before !== undefined && JSON.parse(before).version !== packageJson.version;
}

async function undeclared(base) {
  const config = join(cwd, '.changeset/config.json');
  const { changedFilePatterns } = JSON.parse(readFileSync(config, 'utf8'));
  const changed = await getChangedPackagesSinceRef({ cwd, ref: base, changedFilePatterns });
  const named = await namedSince(base);
  return changed
    .filter(({ packageJson }) => !packageJson.private && !named.has(packageJson.name))
    .filter((changedPackage) => !hasNewVersion(changedPackage, base))
    .map(({ packageJson }) => packageJson.name)
    .sort();
}

const { base, why } = existsSync(join(cwd, '.git'))
  ? baseOf(process.env)
  : { why: 'no repository' };
if (base === undefined) {
  console.log(`changes are not checked: ${why}`);
} else {
  const names = await undeclared(base);
  for (const name of names) {
    console.error(
      `${name} changed since ${base.slice(0, 8)}, and no changeset says so. Run 'pnpm exec changeset', and say what changes for its users; where nothing does, write 'none' as the size of the change.`,
    );
  }
  if (names.length === 0) console.log(`since ${base.slice(0, 8)}, every change is in a changeset`);
  else process.exitCode = 1;
}
