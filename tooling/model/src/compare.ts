import type { Message } from '@bus/core';
import { BusError } from '@bus/core';
import type { ModelledBus } from './drive.ts';
import type { Delivery, Sent } from './messages.ts';
import { Fault } from './messages.ts';
import type { Model } from './model.ts';
import type { ModelReader } from './model-reader.ts';

/** What a sender was told, as text. */
type Answer = string | undefined;

interface Watched {
  readonly delivery: Delivery;
  readonly message: Message;
  /** Undefined until it is first read. */
  signal: AbortSignal | undefined;
}

/** Compares what the bus shows and tells with what the model says. */
export class Comparison {
  readonly #bus: ModelledBus;
  readonly #model: Model;
  readonly #answers = new Map<Sent, Answer>();
  readonly #watched = new Map<Delivery, Watched>();
  readonly #disposed: { readonly reader: ModelReader; done: boolean }[] = [];
  #fault: unknown;

  constructor(bus: ModelledBus, model: Model) {
    this.#bus = bus;
    this.#model = model;
  }

  /** Keeps what goes wrong inside a handler, where the bus would catch it. */
  judge<T>(action: () => T): T | undefined {
    try {
      return action();
    } catch (fault) {
      this.#fault ??= fault;
      return undefined;
    }
  }

  answers(sent: Sent, answer: Promise<unknown>): void {
    this.#answers.set(sent, undefined);
    answer.then(
      (value) => this.#answers.set(sent, `resolves to ${value}`),
      (error) => this.#answers.set(sent, `rejects with ${codeOf(error)}`),
    );
  }

  watch(delivery: Delivery, message: Message): void {
    const early = delivery.reader.spec.readsSignal === 'early';
    this.#watched.set(delivery, { delivery, message, signal: early ? message.signal : undefined });
  }

  disposed(reader: ModelReader, promise: Promise<void>): void {
    const disposal = { reader, done: false };
    if (reader.state === 'active') reader.state = 'draining';
    this.#disposed.push(disposal);
    void promise.then(() => {
      disposal.done = true;
    });
  }

  /** After each step, when all promises have settled. @throws Fault */
  check(): void {
    if (this.#fault !== undefined) throw this.#fault;
    this.checkIdle(true);
    this.#checkCounts();
    for (const [sent, answer] of this.#answers) this.#checkAnswer(sent, answer);
    for (const delivery of this.#watched.keys()) this.checkSignal(delivery);
    this.#checkDisposals();
  }

  checkIdle(settled: boolean): void {
    const idle = this.#model.idle(settled);
    if (idle !== undefined) throw new Fault(idle);
  }

  /** A signal that is read late must say the same. */
  checkSignal(delivery: Delivery): void {
    const watched = this.#watched.get(delivery);
    if (watched === undefined) return;
    const { aborted, state, sent, reader } = delivery;
    const early = reader.spec.readsSignal === 'early';
    if (early || aborted) {
      watched.signal ??= watched.message.signal;
      const isRunning = state === 'running';
      if (watched.signal.aborted !== aborted && (aborted || isRunning)) {
        const text = aborted ? 'has not aborted' : 'has aborted';
        throw new Fault(`the signal of ${sent.id} at ${reader.name} ${text}`);
      }
    }
    if (state === 'ended') this.#watched.delete(delivery);
  }

  #checkDisposals(): void {
    for (const { reader, done } of this.#disposed) {
      if (
        done
          ? reader.load > 0 && reader.state === 'draining'
          : reader.running.size === 0 && reader.load === 0
      ) {
        throw new Fault(`asyncDispose of ${reader.name} ${done ? 'resolved early' : 'hangs'}`);
      }
    }
  }

  #checkCounts(): void {
    const { accepted, inFlight, ended } = this.#bus.inspect().outcomes;
    const { dropped, ...others } = ended;
    const counts = new Map<string, number>(Object.entries(others));
    for (const [reason, count] of Object.entries(dropped)) counts.set(`dropped:${reason}`, count);
    const sum = [...counts.values()].reduce((a, b) => a + b, 0);
    if (accepted !== sum + inFlight) {
      throw new Fault(`accepted ${accepted}, but ${sum} ended and ${inFlight} are in flight`);
    }
    const found = shown(counts, accepted, inFlight);
    const wanted = shown(
      this.#model.ledger.counts,
      this.#model.ledger.accepted,
      this.#model.inFlight,
    );
    if (found !== wanted) throw new Fault(`counts are   ${found}\n  they must be ${wanted}`);
  }

  #checkAnswer(sent: Sent, answer: Answer): void {
    const wrong = sent.verb === 'request' ? replyFault(sent, answer) : countFault(sent, answer);
    if (wrong === undefined) return;
    throw new Fault(`${sent.verb} of ${sent.id} ${answer ?? 'is pending'}; ${wrong}`);
  }

  /** After the bus was told to stop and its time was over. @throws Fault */
  ended(stopped: boolean, timers: number): void {
    if (!stopped) throw new Fault('stop() hangs');
    if (this.#bus.state !== 'stopped')
      throw new Fault(`the bus is ${this.#bus.state} after its stop()`);
    const pending = [...this.#answers].find(([, answer]) => answer === undefined);
    if (pending !== undefined) throw new Fault(`${pending[0].id} is pending after stop()`);
    if (timers > 0) throw new Fault(`${timers} timers are left after stop()`);
  }
}

/** What waited or ran when the time to drain was over ends as `cancelled` or as `dropped`, for `closed`. */
function shown(counts: ReadonlyMap<string, number>, accepted: number, inFlight: number): string {
  const cut = (counts.get('cancelled') ?? 0) + (counts.get('dropped:closed') ?? 0);
  const all = new Map([...counts, ['cancelled', cut], ['dropped:closed', 0]] as const);
  const list = [...all].filter(([, count]) => count > 0).sort(([a], [b]) => (a < b ? -1 : 1));
  const text = list.map(([name, count]) => `${name} ${count}`).join(', ');
  return `accepted ${accepted}, in flight ${inFlight}: ${text}`;
}

/** What is wrong with the answer to a `publish` or `notify`. */
function countFault({ refusals, accepted, blocked }: Sent, answer: Answer): string | undefined {
  if (refusals.length > 0) {
    if (answer === undefined && blocked > 0) return undefined;
    return rejectFault(refusals.some((codes) => codes.length === 0) ? [] : refusals.flat(), answer);
  }
  if (blocked > 0) return answer === undefined ? undefined : 'it must wait for room';
  return answer === `resolves to ${accepted}` ? undefined : `it must resolve to ${accepted}`;
}

function replyFault({ reply }: Sent, answer: Answer): string | undefined {
  if (reply === undefined) return answer === undefined ? undefined : 'it must wait for its reply';
  if ('codes' in reply) return rejectFault(reply.codes, answer);
  return answer === `resolves to ${reply.value}` ? undefined : `it must resolve to ${reply.value}`;
}

function rejectFault(codes: readonly string[], answer: Answer): string | undefined {
  const fits =
    codes.length === 0
      ? answer?.startsWith('rejects with ')
      : codes.some((code) => answer === `rejects with ${code}`);
  return fits ? undefined : `it must reject with ${codes.join(' or ') || 'a code'}`;
}

function codeOf(error: unknown): string {
  return BusError.is(error) ? error.code : String(error);
}
