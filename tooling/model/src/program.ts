import type { Overflow, Priority } from '@bus/core';

/** A program: who reads, what happens, and how the bus is stopped. The generator makes them, the driver runs them. */
export interface Program {
  readonly mood: Mood;
  /** Whether the test chooses among equals, or the bus in turn. */
  readonly balance: 'chosen' | 'turn';
  /** `limits.inFlight`, in a crowded program. */
  readonly inFlight: number;
  readonly readers: readonly Reader[];
  readonly steps: readonly Step[];
  readonly end: { readonly drainMs: number; readonly steps: readonly Step[] };
}

/**
 * What handlers do besides handling. Each mood leaves out what would make the right answer depend on
 * the order of promises: `chatty` handlers send, `crowded` ones ask others under a tight
 * `limits.inFlight`, `quiet` ones stop their own subscription.
 */
export type Mood = 'chatty' | 'crowded' | 'quiet';

export interface Reader {
  readonly kind: 'subscribe' | 'handle' | 'loop';
  readonly pattern: string;
  /** A native async function, or a plain one that may return promises. */
  readonly style: 'native' | 'plain';
  readonly group: string | undefined;
  readonly priority: number;
  readonly filter: 'odd' | 'throws' | undefined;
  readonly overflow: Overflow;
  readonly capacity: number;
  readonly concurrency: number;
  readonly timeoutMs: number;
  /** Orders by the parity of payloads instead of the sender's key. */
  readonly byParity: boolean;
  readonly once: boolean;
  /** When the handler first reads `message.signal`: at its start, or when it should have aborted. */
  readonly readsSignal: 'early' | 'late';
  /** What its calls do, in turn. */
  readonly manners: readonly Manner[];
}

export interface Manner {
  /** `hold` returns a promise that a step settles; the others are over at once. */
  readonly does: 'return' | 'throw' | 'resolve' | 'reject' | 'hold';
  readonly sends: readonly Send[];
  /** The topic of a request whose reply it waits for. */
  readonly asks: string | undefined;
  readonly stops: boolean;
}

export interface Send {
  readonly verb: 'publish' | 'publisher' | 'notify' | 'request';
  readonly topic: string;
  readonly key: string | undefined;
  readonly priority: Priority;
  readonly timeoutMs: number | undefined;
  readonly signal: 'none' | 'given' | 'aborted';
  readonly times: number;
}

export type Step =
  | { readonly do: 'add'; readonly reader: Reader }
  | { readonly do: 'send'; readonly send: Send }
  | { readonly do: 'finish'; readonly at: number; readonly how: 'return' | 'throw' }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'abort' | 'ask' | 'stop' | 'dispose'; readonly at: number };

/** What the rules leave open is left out of a program; what is left says the same each time. */
export function settled(program: Program): Program {
  const { mood } = program;
  // Who was chosen by turn shows by starting, so they must never have to wait.
  const balance = mood === 'crowded' ? 'chosen' : program.balance;
  const latest = allReaders(program).some(({ overflow }) => overflow === 'latest');
  const sendOf = (send: Send): Send => ({
    ...send,
    // A newer message takes the place of an older one: which, of two priorities, is nowhere said.
    priority: latest ? 'normal' : send.priority,
    key: balance === 'turn' ? undefined : send.key,
  });
  const mannerOf = (manner: Manner, timeoutMs: number, inTurn: boolean): Manner => ({
    ...manner,
    sends: mood === 'chatty' && !inTurn ? manner.sends.map(sendOf) : [],
    asks: mood === 'crowded' && timeoutMs > 0 ? manner.asks : undefined,
    stops: mood === 'quiet' && manner.stops,
  });
  const readerOf = (reader: Reader): Reader => {
    const inTurn = balance === 'turn' && (reader.group !== undefined || reader.kind === 'handle');
    // One that sends may be on the stack, or just off it, when what it sent comes back to it.
    const sends = mood === 'chatty' && reader.manners.some((manner) => manner.sends.length > 0);
    const roomy = inTurn || sends || mood === 'crowded' || reader.concurrency > 1;
    const handles = reader.kind === 'handle';
    return {
      ...reader,
      group: handles ? undefined : reader.group,
      filter: handles ? undefined : reader.filter,
      kind: inTurn && reader.kind === 'loop' ? 'subscribe' : reader.kind,
      concurrency: inTurn ? 100 : reader.kind === 'loop' ? 1 : reader.concurrency,
      // Under `limits.inFlight` who starts at once is open, and so is what would be dropped.
      overflow: mood === 'crowded' || sends ? 'block' : reader.overflow,
      capacity: roomy ? 100 : reader.capacity,
      byParity: reader.byParity && !inTurn && !handles,
      once: reader.once && mood === 'quiet' && reader.kind === 'subscribe',
      manners: reader.manners.map((manner) => mannerOf(manner, reader.timeoutMs, inTurn)),
    };
  };
  const stepOf = (step: Step): Step => {
    if (step.do === 'send') return { ...step, send: sendOf(step.send) };
    return step.do === 'add' ? { ...step, reader: readerOf(step.reader) } : step;
  };
  return {
    ...program,
    balance,
    inFlight: mood === 'crowded' ? program.inFlight : 1000,
    readers: program.readers.map(readerOf),
    steps: program.steps.map(stepOf),
    end: { ...program.end, steps: program.end.steps.map(stepOf) },
  };
}

function allReaders({ readers, steps }: Program): readonly Reader[] {
  return [...readers, ...steps.flatMap((step) => (step.do === 'add' ? [step.reader] : []))];
}
