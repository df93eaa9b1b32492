import type { FSWatcher } from 'node:fs';
import { readdirSync, watch } from 'node:fs';
import type { PlatformPath } from 'node:path';
import paths from 'node:path';

/** Not the user's own doing, and too many to watch. */
const ignored: ReadonlySet<string> = new Set(['node_modules', '.git', '.turbo', 'dist']);
const mostFolders = 2000;

export interface TreeWatcher {
  note(): string;
  close(): void;
}

type OnChange = (path: string, change: 'rename' | 'change') => void;

/**
 * Watches a folder and those below it. On Linux a recursive watch would also watch every file of
 * `node_modules`, so there each folder that counts gets its own.
 */
export function watchTree(
  root: string,
  onChange: OnChange,
  platform: NodeJS.Platform = process.platform,
): TreeWatcher {
  const native = platform === 'darwin' || platform === 'win32';
  const watchers = new Map<string, FSWatcher>();
  let trouble = '';

  const watchFolder = (folder: string, recursive: boolean): void => {
    const fail = (error: NodeJS.ErrnoException): void => {
      watchers.get(folder)?.close();
      watchers.delete(folder);
      if (folder === root || error.code !== 'ENOENT') trouble = `, ${error.code ?? error.message}`;
    };
    try {
      const watcher = watch(folder, { recursive }, (change, name) => {
        if (name === null) return;
        const path = pathBelow(root, folder, name);
        if (path === undefined) return;
        onChange(path, change);
        if (!recursive && change === 'rename') watchAll(paths.join(folder, name));
      });
      watchers.set(folder, watcher);
      watcher.on('error', fail);
    } catch (error) {
      fail(error as NodeJS.ErrnoException);
    }
  };

  const forget = (gone: string): void => {
    for (const [folder, watcher] of watchers) {
      if (folder !== gone && !folder.startsWith(gone + paths.sep)) continue;
      watcher.close();
      watchers.delete(folder);
    }
  };

  const watchAll = (top: string): void => {
    const waiting = [top];
    for (let folder = waiting.shift(); folder !== undefined; folder = waiting.shift()) {
      const below = foldersIn(folder);
      if (below === undefined) {
        forget(folder);
        continue;
      }
      if (watchers.size >= mostFolders) {
        trouble = ', no more at a time';
        return;
      }
      if (!watchers.has(folder)) watchFolder(folder, false);
      waiting.push(...below);
    }
  };

  if (native) watchFolder(root, true);
  else watchAll(root);
  return {
    note: () => `${native ? 'a tree' : `${watchers.size} folders`} watched${trouble}`,
    close: () => {
      for (const watcher of watchers.values()) watcher.close();
      watchers.clear();
    },
  };
}

/**
 * What changed, relative to the root and with `/` on every platform; undefined where it is ignored.
 * @param path - the platform's; tests hand in that of another one.
 */
export function pathBelow(
  root: string,
  folder: string,
  name: string,
  path: PlatformPath = paths,
): string | undefined {
  const parts = path.relative(root, path.join(folder, name)).split(path.sep);
  return parts.some((part) => ignored.has(part)) ? undefined : parts.join('/');
}

/** The folders in a folder, or undefined where it is none, or gone. */
function foldersIn(folder: string): string[] | undefined {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !ignored.has(entry.name))
      .map((entry) => paths.join(folder, entry.name));
  } catch {
    return undefined;
  }
}
