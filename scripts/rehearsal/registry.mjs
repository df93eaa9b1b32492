// A registry of our own, on the loopback interface, for as long as the rehearsal takes.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { output, run } from './commands.mjs';

const server = {
  private: true,
  // The last that runs on Node 20.
  dependencies: { verdaccio: '6.8.0' },
  // It asks for this one by a tag, and not every mirror keeps tags.
  overrides: { 'node-fetch': '2.7.0' },
};
const startsWithinMs = 60_000;

/**
 * Starts a registry that takes every publish, and asks the one npm is set up with for what it does
 * not have. Nothing of the rehearsal is ever asked for there.
 * @param {string} folder new, and the registry's own
 * @param {string[]} names the packages that will be published to it
 * @returns {Promise<{ env: NodeJS.ProcessEnv, url: string, stop: () => Promise<void> }>} the environment
 * in which npm and pnpm use it
 */
export async function startRegistry(folder, names) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify(server));
  await run('npm', ['install', '--no-audit', '--no-fund'], { cwd: folder });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/`;
  const upstream = (await output('npm', ['config', 'get', 'registry'], { cwd: folder })).trim();
  // JSON is YAML.
  writeFileSync(join(folder, 'config.yaml'), JSON.stringify(config(folder, names, upstream)));
  const log = join(folder, 'log');
  const program = join(folder, 'node_modules/verdaccio/bin/verdaccio');
  const child = spawn(
    process.execPath,
    [program, '--config', join(folder, 'config.yaml'), '--listen', `127.0.0.1:${port}`],
    { cwd: folder, stdio: ['ignore', openSync(log, 'a'), openSync(log, 'a')] },
  );
  const exited = once(child, 'exit');
  process.once('exit', () => child.kill());
  const stop = async () => {
    child.kill();
    await exited;
  };
  await answers(url, child, log);
  return { env: await npmEnvironment(folder, url), url, stop };
}

function config(folder, names, upstream) {
  const own = { access: '$all', publish: '$all' };
  return {
    storage: join(folder, 'storage'),
    web: { enable: false },
    auth: { htpasswd: { file: join(folder, 'users'), max_users: -1 } },
    uplinks: { upstream: { url: upstream, timeout: '60s', max_fails: 100 } },
    packages: {
      ...Object.fromEntries(names.map((name) => [name, own])),
      '**': { access: '$all', proxy: 'upstream' },
    },
    max_body_size: '50mb',
    log: { type: 'stdout', format: 'pretty', level: 'warn' },
  };
}

/** npm as somebody has it who has only this registry, and nothing cached. */
async function npmEnvironment(folder, url) {
  const userconfig = join(folder, 'npmrc');
  // npm publishes with a token only; the registry takes any.
  const token = `//${new URL(url).host}/:_authToken=rehearsal`;
  writeFileSync(userconfig, `registry=${url}\n${token}\naudit=false\nfund=false\n`);
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^npm_config_(registry|userconfig|cache)$/i.test(name),
  );
  return {
    ...Object.fromEntries(inherited),
    npm_config_userconfig: userconfig,
    npm_config_registry: url,
    npm_config_cache: join(folder, 'cache'),
  };
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function answers(url, child, log) {
  for (const end = Date.now() + startsWithinMs; Date.now() < end; await sleep(100)) {
    if (child.exitCode !== null) break;
    const response = await fetch(`${url}-/ping`).catch(() => undefined);
    if (response?.ok) return;
  }
  throw new Error(`the registry did not start:\n${readFileSync(log, 'utf8')}`);
}
