import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'tsup';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

interface Said {
  readonly ready?: string;
  readonly handled?: { readonly number: number; readonly key: string };
  readonly acknowledged?: number;
  readonly failed?: string;
  readonly number?: number;
}

/** A process of a bus, and all that it has said. */
class End {
  readonly said: Said[] = [];
  readonly #child: ChildProcess;
  readonly #watchers = new Set<() => void>();

  constructor(file: string, role: string, path: string, count = 0) {
    this.#child = fork(file, [role, path, String(count)]);
    this.#child.on('message', (word: Said) => {
      this.said.push(word);
      for (const watch of this.#watchers) watch();
    });
    onTestFinished(() => void this.#child.kill('SIGKILL'));
  }

  until(condition: (said: readonly Said[]) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const watch = (): void => {
        if (!condition(this.said)) return;
        this.#watchers.delete(watch);
        resolve();
      };
      this.#watchers.add(watch);
      watch();
    });
  }

  ready(): Promise<void> {
    return this.until((said) => said.some(({ ready }) => ready !== undefined));
  }

  async kill(): Promise<void> {
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exit;
  }
}

const messages = 200;
let directory = '';
let file = '';

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'reliable-'));
  await build({
    entry: [join(import.meta.dirname, 'fixtures/end.ts')],
    outDir: directory,
    format: ['esm'],
    target: 'node20',
    outExtension: () => ({ js: '.mjs' }),
    noExternal: [/./],
    esbuildOptions: (options) => {
      options.conditions = ['@bus/source'];
    },
    config: false,
    silent: true,
  });
  file = join(directory, 'end.mjs');
}, 60_000);

afterAll(() => rm(directory, { recursive: true, force: true }));

function isInOrder(said: readonly Said[]): boolean {
  const last = new Map<string, number>();
  return said.every(({ handled }) => {
    if (handled === undefined) return true;
    const before = last.get(handled.key) ?? -1;
    last.set(handled.key, handled.number);
    return before < handled.number;
  });
}

const handledBy = ({ said }: End): number[] =>
  said.flatMap(({ handled }) => (handled === undefined ? [] : [handled.number]));

describe('messages between processes', () => {
  it('are all handled, once and in order, though the hub is killed twice', {
    timeout: 60_000,
  }, async () => {
    const path = join(directory, 'hub.sock');
    let hub = new End(file, 'hub', path);
    await hub.ready();
    const subscriber = new End(file, 'subscriber', path);
    await subscriber.ready();
    const publisher = new End(file, 'publisher', path, messages);
    for (const share of [0.3, 0.6]) {
      await subscriber.until(() => handledBy(subscriber).length >= share * messages);
      await hub.kill();
      hub = new End(file, 'hub', path);
      await hub.ready();
    }
    await publisher.until(
      (said) => said.filter(({ ready }) => ready === undefined).length === messages,
    );
    expect(
      publisher.said.filter(({ failed, acknowledged }) => failed || acknowledged === 0),
    ).toEqual([]);
    // The two speak on channels of their own, so what one has said may still be under way.
    await subscriber.until(() => handledBy(subscriber).length >= messages);
    expect(handledBy(subscriber).sort((a, b) => a - b)).toEqual(
      Array.from({ length: messages }, (_, number) => number),
    );
    expect(isInOrder(subscriber.said)).toBe(true);
  });

  it('of a killed publisher are handled, as far as it was told that they are acknowledged', {
    timeout: 60_000,
  }, async () => {
    const path = join(directory, 'direct.sock');
    const hub = new End(file, 'hub', path);
    await hub.ready();
    const subscriber = new End(file, 'subscriber', path);
    await subscriber.ready();
    const publisher = new End(file, 'publisher', path, messages);
    await publisher.until((said) => said.length >= messages / 2);
    await publisher.kill();
    const acknowledged = publisher.said.map(({ number }) => number);
    // As above: what the subscriber has said may still be under way.
    await subscriber.until(() => {
      const handled = handledBy(subscriber);
      return acknowledged.every((number) => number === undefined || handled.includes(number));
    });
    expect(new Set(handledBy(subscriber)).size).toBe(handledBy(subscriber).length);
    // A new one of the same name begins anew: its messages are no duplicates of the old ones.
    const next = new End(file, 'publisher', path, 5);
    await next.until((said) => said.filter(({ acknowledged: count }) => count === 1).length === 5);
    const twice = () => handledBy(subscriber).filter((number) => number < 5);
    await subscriber.until(() => twice().length === 10);
    expect(twice().sort()).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 4, 4]);
  });
});
