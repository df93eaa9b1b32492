import { describe, expect, it, vi } from 'vitest';
import { FrameReader } from '../../src/frames/frame-reader.ts';
import { bytesOf, frame } from '../support/raw-bytes.ts';

interface Seen {
  readonly type: number;
  readonly body: string;
}

function reading(limit = 1 << 20): { readonly reader: FrameReader; readonly seen: Seen[] } {
  const seen: Seen[] = [];
  const reader = new FrameReader(limit, 'frameBytes', (type, bytes, start, end) => {
    seen.push({ type, body: Buffer.from(bytes.subarray(start, end)).toString('hex') });
  });
  return { reader, seen };
}

/** How many bytes are copied and how much room is made while `run` runs. */
function costOf(run: () => void): { copied: number; room: number; copies: number } {
  const cost = { copied: 0, room: 0, copies: 0 };
  const { set } = Uint8Array.prototype;
  const spy = vi.spyOn(Uint8Array.prototype, 'set').mockImplementation(function (
    this: Uint8Array,
    from: ArrayLike<number>,
    at?: number,
  ) {
    cost.copied += from.length;
    cost.copies++;
    cost.room = Math.max(cost.room, this.length);
    set.call(this, from, at);
  });
  try {
    run();
  } finally {
    spy.mockRestore();
  }
  return cost;
}

const frames = [frame(7, bytesOf('0102')), frame(8), frame(6, Buffer.alloc(300, 9)), frame(9)];
const whole = Buffer.concat(frames);
const wanted = frames.map((each) => ({
  type: each.readUInt8(4),
  body: each.subarray(6).toString('hex'),
}));

describe('frames', () => {
  it('come out whole, cut at any two places', () => {
    for (let first = 0; first <= whole.length; first += 3) {
      for (let second = first; second <= whole.length; second += 7) {
        const { reader, seen } = reading();
        reader.read(whole.subarray(0, first));
        reader.read(whole.subarray(first, second));
        reader.read(whole.subarray(second));
        expect(seen).toEqual(wanted);
        expect(reader.isWithin).toBe(false);
      }
    }
  });

  it('that come whole are not copied at all', () => {
    const { reader, seen } = reading();
    expect(costOf(() => reader.read(whole)).copied).toBe(0);
    expect(seen).toEqual(wanted);
  });

  it('that come in 20,000 pieces of one byte are copied a few times, not once per piece', () => {
    const { reader, seen } = reading();
    const large = frame(6, Buffer.alloc(20_000, 5));
    const { copied, room } = costOf(() => {
      for (const byte of large) reader.read(Uint8Array.of(byte));
    });
    expect(seen).toHaveLength(1);
    expect(copied).toBeLessThanOrEqual(3 * large.length);
    expect(room).toBeLessThanOrEqual(4 * large.length);
  });

  it('20,000 of them in pieces of one byte take no more room than one', () => {
    const { reader, seen } = reading();
    const small = frame(8);
    const { copied, room } = costOf(() => {
      for (let i = 0; i < 20_000; i++) reader.read(small.subarray(i % 6, (i % 6) + 1));
    });
    expect(seen).toHaveLength(3333);
    expect(copied).toBeLessThanOrEqual(2 * 20_000);
    expect(room).toBeLessThanOrEqual(65_536 + 6);
  });

  it('make no more room than 64 KiB, or four times what has come, whatever they claim', () => {
    const { reader } = reading(1 << 30);
    const claim = Buffer.from([0x3f, 0xff, 0xff, 0xff, 6, 0]);
    expect(costOf(() => reader.read(claim)).room).toBeLessThanOrEqual(65_536 + 6);
    let come = claim.length;
    for (let i = 0; i < 100; i++) {
      const piece = Buffer.alloc(10_000);
      come += piece.length;
      const { room } = costOf(() => reader.read(piece));
      expect(room).toBeLessThanOrEqual(Math.max(2 * 65_536, 4 * come));
    }
  });

  it.each([
    ['too large', '00100001', 'WIRE_LIMIT_EXCEEDED'],
    ['of 4 GiB', 'ffffffff', 'WIRE_LIMIT_EXCEEDED'],
    ['too short', '00000001', 'WIRE_PROTOCOL_ERROR'],
    ['of nothing', '00000000', 'WIRE_PROTOCOL_ERROR'],
  ])(
    'that are %s are refused by their header, also where that comes in pieces',
    (_what, length, code) => {
      const header = bytesOf(`${length}0600`);
      const thrown = expect.objectContaining({ code });
      expect(() => reading().reader.read(header)).toThrow(thrown);
      const { reader } = reading();
      expect(() => {
        for (const byte of header) reader.read(Uint8Array.of(byte));
      }).toThrow(thrown);
    },
  );

  it('may be larger once the limit is', () => {
    const { reader, seen } = reading(10);
    const large = frame(6, Buffer.alloc(9));
    expect(() => reader.read(large)).toThrow('frameBytes');
    const second = reading(10);
    second.reader.setLimit(11, 'frameBytes');
    second.reader.read(large);
    expect([seen.length, second.seen.length]).toEqual([0, 1]);
  });

  it('with flags are refused', () => {
    const { reader } = reading();
    expect(() => reader.read(bytesOf('000000020880'))).toThrow('frame flags 128 are not known');
  });
});
