import { describe, expect, it } from 'vitest';
import { ReceiveWindow, SendWindow } from '../../src/out/window.ts';

describe('the window of a sender', () => {
  it('is open until its messages, or its bytes, are under way', () => {
    const byMessages = new SendWindow(2, 1000);
    byMessages.sent(10);
    expect(byMessages.isOpen).toBe(true);
    byMessages.sent(10);
    expect(byMessages.isOpen).toBe(false);
    const byBytes = new SendWindow(100, 1000);
    byBytes.sent(999);
    expect(byBytes.isOpen).toBe(true);
    byBytes.sent(5000);
    expect([byBytes.isOpen, byBytes.unconfirmed]).toEqual([false, 2]);
  });

  it('cannot be given more credit than it took', () => {
    const window = new SendWindow(2, 100);
    window.sent(10);
    window.confirmed(2 ** 52, 2 ** 52);
    expect(window.unconfirmed).toBe(0);
    window.sent(10);
    window.sent(10);
    expect(window.isOpen).toBe(false);
  });
});

describe('the window of a receiver', () => {
  it('refuses what is sent without credit, by messages and by bytes', () => {
    const byMessages = new ReceiveWindow(2, 1000, 100);
    byMessages.received(1);
    byMessages.received(1);
    expect(() => byMessages.received(1)).toThrow('limits.windowMessages');
    const byBytes = new ReceiveWindow(100, 1000, 100);
    byBytes.received(1100);
    expect(() => byBytes.received(1)).toThrow('limits.windowBytes');
  });

  it('is due when half of either is used up, and open again for what was settled', () => {
    const window = new ReceiveWindow(4, 1000, 0);
    for (let i = 0; i < 4; i++) window.received(10);
    window.accepted(10);
    expect(window.isDue).toBe(false);
    window.accepted(10);
    expect(window.isDue).toBe(true);
    expect(window.settle()).toEqual({ messages: 2, bytes: 20 });
    expect(window.settle()).toEqual({ messages: 0, bytes: 0 });
    window.received(10);
    window.received(10);
    expect(() => window.received(10)).toThrow('limits.windowMessages');
    const byBytes = new ReceiveWindow(100, 1000, 0);
    byBytes.received(500);
    byBytes.accepted(500);
    expect(byBytes.isDue).toBe(true);
  });
});
