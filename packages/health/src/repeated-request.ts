import type {
  BusError,
  Completion,
  Endpoint,
  Host,
  Message,
  Outcome,
  Send,
  SendExtras,
  SendOptions,
} from '@bus/core';
import { optionInvalid } from '@bus/core';
import { isLoss } from './sign.ts';

/** How often a request is asked again: whoever loses more peers in a row has no other trouble. */
const mostRepeats = 3;

/** What a request was sent with. */
interface Sent {
  readonly topic: string;
  readonly payload: unknown;
  readonly options: SendOptions;
  readonly extras: SendExtras & { readonly completion: Completion };
}

/** How it ended at a peer that was lost. */
type Loss = Parameters<Completion['settled']>;

/**
 * The layer of the hook `send` that takes the option `idempotent`, and asks such requests again;
 * `repeated` is told of each.
 */
export function repeatingIdempotent(host: Host, repeated: () => void): (next: Send) => Send {
  return (next) => (kind, topic, payload, options, extras) => {
    if (options?.idempotent === undefined) return next(kind, topic, payload, options, extras);
    const { idempotent, ...others } = options;
    if (typeof idempotent !== 'boolean') {
      throw optionInvalid('idempotent', idempotent, 'true or false');
    }
    const completion = extras?.completion;
    const isRepeated = idempotent && kind === 'request' && completion !== undefined;
    // Replies that come one by one may have been passed on before the peer was lost.
    if (!isRepeated || extras?.scatter === true || completion.item !== undefined) {
      return next(kind, topic, payload, others, extras);
    }
    const sent: Sent = { topic, payload, options: others, extras: { ...extras, completion } };
    const request = new RepeatedRequest(host, sent, next, repeated);
    return next(kind, topic, payload, others, { ...extras, completion: request });
  };
}

/** A request that is asked again where the peer that has it is lost, within the time it has left. */
class RepeatedRequest implements Completion {
  readonly #host: Host;
  readonly #sent: Sent;
  readonly #next: Send;
  readonly #repeated: () => void;
  #repeats = 0;
  #loss: Loss | undefined;

  constructor(host: Host, sent: Sent, next: Send, repeated: () => void) {
    this.#host = host;
    this.#sent = sent;
    this.#next = next;
    this.#repeated = repeated;
  }

  targeted(count: number, message: Message): void {
    if (this.#repeats === 0) this.#sent.extras.completion.targeted?.(count, message);
  }

  settled(
    message: Message,
    endpoint: Endpoint | undefined,
    outcome: Outcome,
    value: unknown,
    error: BusError | undefined,
  ): void {
    if (endpoint !== undefined && isLoss(endpoint, outcome, error) && this.#mayRepeat(message)) {
      this.#loss = [message, endpoint, outcome, value, error];
      // In a turn of its own, when all that went with the link is gone.
      this.#host.env.setTurn(() => this.#repeat(message));
      return;
    }
    const { completion } = this.#sent.extras;
    // Nobody else was there: what the asker wants to know is what became of the one who was.
    const isRefused = endpoint === undefined && outcome !== 'cancelled' && outcome !== 'expired';
    if (this.#loss !== undefined && isRefused) completion.settled(...this.#loss);
    else completion.settled(message, endpoint, outcome, value, error);
  }

  late(message: Message, endpoint: Endpoint): void {
    this.#sent.extras.completion.late?.(message, endpoint);
  }

  streams(endpoint: Endpoint, several?: boolean): void {
    this.#sent.extras.completion.streams?.(endpoint, several);
  }

  #mayRepeat({ deadline = Number.POSITIVE_INFINITY }: Message): boolean {
    return this.#repeats < mostRepeats && deadline > this.#host.env.now();
  }

  #repeat({ deadline, attempt }: Message): void {
    const { topic, payload, options, extras } = this.#sent;
    const timeoutMs =
      deadline === undefined ? options.timeoutMs : Math.max(0, deadline - this.#host.env.now());
    this.#repeats++;
    this.#repeated();
    const fields = { ...extras.fields, attempt: attempt + 1 };
    const again = { ...extras, completion: this, fields };
    // What becomes of it is told by the completion.
    this.#next('request', topic, payload, { ...options, timeoutMs }, again).catch(() => undefined);
  }
}
