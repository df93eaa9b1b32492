import { spawn } from 'node:child_process';
import { describe, expect, it, onTestFinished } from 'vitest';
import { transportIpc } from '../src/index.ts';
import { End, opened, pattern } from './support/end.ts';
import { bounce, killed, startChild, word } from './support/fixtures.ts';

describe.each(['json', 'advanced'] as const)('a child process, serialization %s', (how) => {
  it('links when this end comes first', async () => {
    const child = startChild('echo', [], how);
    const side = await opened(new End(transportIpc({ port: child })));
    expect(side.connection.remote).toBe(`process ${child.pid}`);
    await bounce(side, pattern(300_000));
  });

  it('links when the child comes first, which hears nothing but its own', async () => {
    const child = startChild('echo', [], how);
    child.send('heard');
    expect(await word(child)).toBe('heard 0');
    const side = await opened(new End(transportIpc({ port: child })));
    await bounce(side, pattern(10));
  });

  it('is seen to be killed, with a flush under way', async () => {
    const child = startChild('echo', [], how);
    const side = await opened(new End(transportIpc({ port: child })));
    child.kill('SIGSTOP');
    side.connection.send(pattern(8_000_000));
    const flushed = side.connection.flush();
    await killed(child);
    await side.closed;
    await flushed;
    side.connection.send(pattern(10));
    await side.connection.flush();
    expect(side.calls).toEqual(['closed']);
    await expect(opened(new End(transportIpc({ port: child })))).rejects.toThrow('before');
  });

  it('asks for a pause once much is waiting, and says when it has left', async () => {
    const side = await opened(new End(transportIpc({ port: startChild('echo', [], how) })));
    expect(side.connection.send(pattern(1000))).toBe(true);
    expect(side.connection.send(pattern(1_000_000))).toBe(false);
    await side.until(({ calls }) => calls.includes('writable'));
    await side.connection.flush();
    await side.received(1_001_000);
  });

  it('goes on when its link is closed, and hears of it', async () => {
    const child = startChild('echo', [], how);
    const end = new End(transportIpc({ port: child }));
    await end.open();
    expect(await word(child)).toBe('open');
    const messages = child.listenerCount('message');
    await end.transport.close();
    expect(await word(child)).toBe('link closed');
    expect(child.connected).toBe(true);
    expect(child.listenerCount('message')).toBe(messages - 1);
  });
});

// Nobody else listens for its error here, so unheard it would end the test run.
it('a child that could not be started fails the start with the reason', async () => {
  const stdio = ['ignore', 'ignore', 'ignore', 'ipc'] as const;
  const child = spawn('/nowhere/at/all', [], { stdio: [...stdio] });
  await expect(opened(new End(transportIpc({ port: child })))).rejects.toMatchObject({
    code: 'ENOENT',
  });
});

describe('this process', () => {
  it('is refused where it has no parent to talk to', () => {
    const { send } = process;
    onTestFinished(() => {
      if (send) process.send = send;
    });
    delete process.send;
    expect(() => transportIpc({ port: process })).toThrow(
      expect.objectContaining({ code: 'BUS_OPTION_INVALID' }),
    );
  });
});
