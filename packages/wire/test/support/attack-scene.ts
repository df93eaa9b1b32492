import { expect } from 'vitest';
import { interest, json, kind, messages, name, record, text, type, varint } from './raw-bytes.ts';
import type { RawPeer } from './raw-peer.ts';
import type { Listening } from './test-bus.ts';
import { listening } from './test-bus.ts';

/** A bus with a peer that attacks it and one that does not. */
export interface AttackScene extends Listening {
  /** Payloads of what the attacker could bring in. */
  readonly got: unknown[];
  readonly attacker: RawPeer;
  /** Has done nothing wrong, and must not notice anything. */
  readonly bystander: RawPeer;
  bystanderIsFine(): Promise<void>;
}

/** Interest 1 is `open.*`, interest 2 `ask`. */
export async function attackScene(limits: object = {}): Promise<AttackScene> {
  const made = await listening({ limits }, { limits: { headerBytes: 1000 } });
  const { bus, env, linked } = made;
  const got: unknown[] = [];
  bus.subscribe('open.*', (message) => got.push(message.payload));
  bus.handle('ask', () => new Promise(() => undefined));
  const bystander = await linked('bystander');
  bystander.say(json(type.offer, [interest(1, 'news')]));
  const attacker = await linked('attacker');
  attacker.say(messages(name(0, 'open.a'), name(1, 'ask')));
  const bystanderIsFine = async (): Promise<void> => {
    const before = bystander.of(type.messages).length;
    await bus.publish('news', 'still there');
    await env.settle();
    expect(bystander.closed).toBe(false);
    expect(bystander.of(type.messages)).toHaveLength(before + 1);
  };
  return { ...made, got, attacker, bystander, bystanderIsFine };
}

/** A frame of one event. */
export function event(...content: readonly Uint8Array[]): Buffer {
  return messages(record(kind.event, ...content));
}

/** The field of headers, however many of them are there. */
export function headers(count: number, ...texts: readonly string[]): Buffer {
  return Buffer.concat([varint(count), ...texts.map(text)]);
}
