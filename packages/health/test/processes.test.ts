import { beforeAll, expect, it } from 'vitest';
import { bundledWorker, withWorkers } from './support/processes.ts';

let worker: string;
beforeAll(async () => {
  const bundle = await bundledWorker();
  worker = bundle.file;
  return () => bundle.remove();
});

// Patient, so that a busy machine is not taken for a lost peer.
const patient = { suspectMs: 500, downMs: 60_000 };

it('a killed process fails what it had, and the other gets what comes', async () => {
  const t = await withWorkers(worker, patient);
  expect(await t.answering()).toEqual(['a', 'b']);
  const held = [t.ask('never'), t.ask('never')];
  const repeated = [t.ask('work', true), t.ask('work', true)];
  t.a.kill('SIGKILL');
  expect(await Promise.race(held)).toBe('CORRELATION_PEER_GONE');
  expect(await Promise.all(repeated)).toEqual(['b', 'b']);
  expect(await t.answering()).toEqual(['b']);
  expect(t.bus.health.of('a')).toMatchObject({ kind: 'peer', state: 'down' });
  expect(t.bus.health.check()).toMatchObject({ status: 'degraded', ready: true });
}, 30_000);

it('a stopped process is suspect and gets nothing, until it goes on', async () => {
  const t = await withWorkers(worker, patient);
  expect(await t.bus.health.ping('a', { timeoutMs: 20_000 })).toBeGreaterThanOrEqual(0);
  t.a.kill('SIGSTOP');
  await t.is('a', 'suspect');
  expect(await t.answering()).toEqual(['b']);
  t.b.kill('SIGSTOP');
  await t.is('b', 'suspect');
  expect(await t.ask('who')).toBe('HEALTH_ENDPOINT_UNHEALTHY');
  expect(t.bus.health.check()).toMatchObject({ status: 'down', ready: false });
  t.a.kill('SIGCONT');
  t.b.kill('SIGCONT');
  await Promise.all([t.is('a', 'healthy'), t.is('b', 'healthy')]);
  expect(await t.answering()).toEqual(['a', 'b']);
  expect(t.bus.health.check().status).toBe('healthy');
}, 30_000);
