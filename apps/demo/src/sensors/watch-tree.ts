import type { FSWatcher } from 'node:fs';
import { readdirSync, watch } from 'node:fs';
import { join, relative, sep } from 'node:path';

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
export function watchTree(root: string, onChange: OnChange): TreeWatcher {
  const native = process.platform === 'darwin' || process.platform === 'win32';
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
        const path = relative(root, join(folder, name));
        if (path.split(sep).some((part) => ignored.has(part))) return;
        onChange(path.split(sep).join('/'), change);
        if (!recursive && change === 'rename') watchAll(join(folder, name));
      });
      watchers.set(folder, watcher);
      watcher.on('error', fail);
    } catch (error) {
      fail(error as NodeJS.ErrnoException);
    }
  };

  const forget = (gone: string): void => {
    for (const [folder, watcher] of watchers) {
      if (folder !== gone && !folder.startsWith(gone + sep)) continue;
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

/** The folders in a folder, or undefined where it is none, or gone. */
function foldersIn(folder: string): string[] | undefined {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !ignored.has(entry.name))
      .map((entry) => join(folder, entry.name));
  } catch {
    return undefined;
  }
}
