import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { OutcomeCounts } from '@bus/core';

const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** The test command builds first; where nobody has built, what needs it is left out. */
export const isBuilt = existsSync(main);

/** The built demo as a process, leading a group of its own as it does in a terminal. */
export class Demo {
  readonly child: ChildProcess & { readonly pid: number };
  /** Resolves to the exit code, when all that it wrote has been read. */
  readonly exit: Promise<number | null>;
  output = '';
  errors = '';
  /** What one that is killed cannot remove. */
  readonly #temporary = mkdtempSync(join(tmpdir(), 'bus-demo-test-'));
  readonly #waiting: (() => void)[] = [];

  constructor(...args: readonly string[]) {
    this.child = spawn(process.execPath, [main, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      env: { ...process.env, TMPDIR: this.#temporary },
    }) as ChildProcess & { readonly pid: number };
    this.exit = once(this.child, 'close').then(([code]) => code as number | null);
    (this.child.stdout as Readable).setEncoding('utf8').on('data', (text: string) => {
      this.output += text;
      for (const look of this.#waiting.splice(0)) look();
    });
    (this.child.stderr as Readable).setEncoding('utf8').on('data', (text: string) => {
      this.errors += text;
    });
  }

  /** Resolves to what of the output matches, once something does. */
  async says(wanted: RegExp): Promise<readonly string[]> {
    for (;;) {
      const match = wanted.exec(this.output);
      if (match !== null) return match;
      const ended = this.exit.then(() => {
        throw new Error(`ended without saying ${wanted}: ${this.output}${this.errors}`);
      });
      const heard = new Promise<void>((look) => this.#waiting.push(look));
      await Promise.race([heard, ended]);
    }
  }

  /** Where the page is. */
  async page(): Promise<string> {
    const [, url = ''] = await this.says(/page {2}(http:\S+)\n/);
    return url;
  }

  /** The process that runs a place. */
  async pidOf(id: string): Promise<number> {
    const [, pid] = await this.says(new RegExp(`${id}: process (\\d+)\n`));
    return Number(pid);
  }

  /** As Ctrl-C does: to the process and all that it has started. */
  interrupt(): void {
    process.kill(-this.child.pid, 'SIGINT');
  }

  /** What it has not removed. */
  get left(): readonly string[] {
    return readdirSync(this.#temporary);
  }

  /** Ends what a test has left, and removes what that has. */
  kill(): void {
    try {
      process.kill(-this.child.pid, 'SIGKILL');
    } catch {
      // All have ended.
    }
    rmSync(this.#temporary, { recursive: true });
  }
}

/** The places that the hub is linked to. */
export const elsewhere: readonly string[] = [
  'capture',
  'storage',
  'analysis-1',
  'analysis-2',
  'advisor',
  'meter',
];

/** The sum of all outcomes. */
export function endedOf({ ended }: OutcomeCounts): number {
  const { dropped, ...others } = ended;
  const counts = [...Object.values(others), ...Object.values(dropped)];
  return counts.reduce((sum, count) => sum + count, 0);
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
