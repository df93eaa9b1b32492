import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

/** @param {string} name */
function printedBy(name) {
  const program = fileURLToPath(new URL(`../dist/${name}.js`, import.meta.url));
  const printed = execFileSync(process.execPath, [program], { encoding: 'utf8', timeout: 30_000 });
  return printed.trim().split('\n');
}

test('in one process the part that counts holds up the one that asks', () => {
  assert.deepEqual(printedBy('single'), [
    'program: 25997 primes below 300000',
    'the reply is 25997; meanwhile this thread stood still',
  ]);
});

test('in a thread of its own it does not, and both end by themselves', () => {
  assert.deepEqual(printedBy('thread'), [
    'counter: 25997 primes below 300000',
    'the reply is 25997; meanwhile this thread went on',
  ]);
});

test('a process that was killed is started again, and does what was to be done reliably', () => {
  assert.deepEqual(printedBy('processes'), [
    'counter: 25997 primes below 300000',
    'the reply is 25997; meanwhile this thread went on',
    'asked, and killed: CORRELATION_PEER_GONE',
    'counter: 168 primes below 1000',
    'acknowledged by 1',
  ]);
});
