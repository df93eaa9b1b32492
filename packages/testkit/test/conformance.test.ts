import { describe, expect, test } from 'vitest';
import type { ConformanceOptions, Fixture, TestResult } from '../src/index.ts';
import { memoryTransport } from '../src/index.ts';
import { changed } from './support/changed-transport.ts';
import { suite } from './support/suite.ts';

const title = 'frames: an empty send harms nothing';

function broken(): Fixture {
  const link = memoryTransport();
  const right = changed(link.right, {
    connection: (inner) => ({
      send: (bytes) => (bytes.length > 0 ? inner.send(bytes) : Boolean(inner.close())),
    }),
  });
  const left = changed(link.left, {
    connection: (inner) => ({
      send: (bytes) => (bytes.length > 0 ? inner.send(bytes) : Boolean(inner.close())),
    }),
  });
  return { ...link, left, right, dispose: () => undefined };
}

function sound(): Fixture {
  return { ...memoryTransport(), dispose: () => undefined };
}

interface Run {
  readonly results: readonly TestResult[];
  readonly printed: readonly string[];
  readonly why: unknown;
}

async function run(
  create: () => Fixture,
  options: Partial<ConformanceOptions> = {},
  only?: string,
): Promise<Run> {
  const registered = await suite(create, { timeoutMs: 1000, ...options });
  const results = await registered.run(only);
  const { printed } = registered;
  const why = results.find(({ outcome }) => outcome === 'failed')?.why;
  return { results, printed, why };
}

describe('the report', () => {
  test('says conformant when every case has passed, and why some were skipped', async () => {
    const { results, printed } = await run(sound);
    expect(results.some(({ outcome }) => outcome === 'failed')).toBe(false);
    expect(printed[0]).toMatch(/^it: ran (\d+) of \1 cases, 0 failed, 0 known failures, 4 skipped/);
    expect(printed[0]).toContain('not declared, and not there: transfers');
    expect(printed).toContain('  skipped (framing: stream): frames: one send is one receive');
    expect(printed.at(-1)).toBe('it: conformant');
    expect(results.filter(({ outcome }) => outcome === 'skipped')).toHaveLength(4);
  });

  test('says not conformant when a case has failed', async () => {
    const { printed, why } = await run(broken);
    expect(why).toMatchObject({ message: expect.stringContaining('closed after 0 of 10 bytes') });
    expect(printed.at(-1)).toBe('it: not conformant');
  });

  test('does not say conformant while a failure is known', async () => {
    const knownFailures = [{ test: title, reason: 'closes', issue: '#12' }];
    const { results, printed } = await run(broken, { knownFailures });
    expect(results.some(({ outcome }) => outcome === 'failed')).toBe(false);
    expect(printed).toContain(`  known failure: ${title} (closes, #12)`);
    expect(printed.at(-1)).toBe('it: not conformant: failures are known');
  });

  test('does not say conformant when not all cases were run', async () => {
    const { printed } = await run(sound, {}, 'it: report');
    expect(printed.at(-1)).toBe('it: not decided: not all cases were run');
  });
});

describe('a known failure', () => {
  test('that passes fails the run', async () => {
    const knownFailures = [{ test: title, reason: 'closes', issue: '#12' }];
    const { why, printed } = await run(sound, { knownFailures });
    expect(why).toMatchObject({
      message: 'a known failure passes: take it out (closes, #12)',
    });
    expect(printed.at(-1)).toBe('it: not conformant');
  });

  test('must be the title of a case', async () => {
    const knownFailures = [{ test: 'frames: no such case', reason: '', issue: '#1' }];
    await expect(run(sound, { knownFailures })).rejects.toThrow("'frames: no such case'");
  });
});

describe('the kit', () => {
  test('says what is to be declared where a feature works and is not', async () => {
    const create = (): Fixture => {
      const link = memoryTransport();
      const features = { reconnect: false };
      return {
        ...link,
        left: changed(link.left, { features }),
        right: changed(link.right, { features }),
        dispose: () => undefined,
      };
    };
    const { why } = await run(create);
    expect(why).toMatchObject({
      message: 'works, and is not declared: set features.reconnect to true',
    });
  });

  test('asks for `another` where an end listens', async () => {
    const { left, right, sever, heal } = memoryTransport();
    const create = () => ({ left, right, sever, heal, dispose: () => undefined });
    const only = 'it: connections: one listener serves many, and each is closed alone';
    const { why } = await run(create, {}, only);
    expect(why).toMatchObject({ message: expect.stringContaining('must return `another`') });
  });

  test('names what a transport that hangs was waited for', async () => {
    const create = (): Fixture => {
      const link = memoryTransport();
      const open = () => new Promise<void>(() => undefined);
      return { ...link, right: changed(link.right, { open }), dispose: () => undefined };
    };
    const only = `it: ${title}`;
    const { why } = await run(create, { timeoutMs: 20 }, only);
    expect(why).toMatchObject({ message: 'not within 20 ms: open of right' });
  });

  test('disposes of every link it has made, also of those that failed', async () => {
    let open = 0;
    await run(() => {
      open++;
      return { ...broken(), dispose: () => void open-- };
    });
    expect(open).toBe(0);
  });

  test('fails a case in which a rejection was handled by nobody', async () => {
    // The framework would take it for its own failure.
    const others = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    try {
      const create = (): Fixture => {
        const link = memoryTransport();
        const right = changed(link.right, {
          open(inner, host, signal) {
            void Promise.reject(new Error('nobody cares'));
            return inner.open(host, signal);
          },
        });
        return { ...link, right, dispose: () => undefined };
      };
      const { why } = await run(create, {}, `it: ${title}`);
      expect(why).toMatchObject({
        message: 'a rejection nobody handled: Error: nobody cares',
      });
    } finally {
      for (const listener of others) process.on('unhandledRejection', listener);
    }
  });
});
