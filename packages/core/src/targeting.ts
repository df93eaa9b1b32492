import type { Plan } from './audience.ts';
import { chooseForEach, chooseForRequest, wants } from './balance.ts';
import type { Context } from './context.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { Endpoint } from './endpoint.ts';
import type { Balance } from './endpoint-definition.ts';
import type { Message, Origin } from './envelope.ts';
import { busError, handlerFailed } from './errors.ts';
import type { SendExtras } from './host.ts';
import type { BusMessage } from './message.ts';
import type { Outcome } from './outcomes.ts';
import type { Count } from './promises.ts';
import type { Route } from './routes.ts';
import { MessageTraits } from './traits.ts';

/** A sender that leaves some out. */
type WantingSender = Required<Pick<SendExtras, 'wants'>>;

/** Who of an audience gets a message, and what becomes of one that nobody gets. */
export class Targeting {
  /** The traits of events sent without options: nothing has to be chosen for most of them. */
  readonly plainEvent: MessageTraits;
  readonly #context: Context;
  readonly #dispatcher: Dispatcher;

  constructor(context: Context, dispatcher: Dispatcher) {
    this.#context = context;
    this.#dispatcher = dispatcher;
    this.plainEvent = new MessageTraits(context.home, 'event', {}, undefined);
  }

  /** Sends a message to those of its route that `select` leaves and balancing chooses. */
  choose(message: BusMessage, route: Route, extras: SendExtras | undefined): Count {
    const { select } = this.#context.hooks;
    const plan = route.plan(message.kind);
    let { candidates } = plan;
    if (extras?.wants !== undefined) {
      // Before `select`, which may leave a single one.
      try {
        candidates = left(candidates, message, extras as WantingSender);
      } catch (error) {
        return this.#dispatcher.refuse(message, error);
      }
    }
    let selected: readonly Endpoint[] | undefined = candidates;
    if (select !== undefined && candidates.length > 0) {
      try {
        selected = select(candidates, message);
      } catch (error) {
        return this.#dispatcher.refuse(message, this.#context.hooks.blame('select', error));
      }
    }
    const { targets } = plan;
    if (
      selected === candidates &&
      targets !== undefined &&
      targets.length > 0 &&
      extras === undefined &&
      message.traits === this.plainEvent
    ) {
      return this.#dispatcher.dispatch(message, targets);
    }
    return this.#chooseFrom(message, plan, selected ?? [], extras);
  }

  /** Sends a message to those given, of which its sender knows that they match it; best first. */
  among(message: BusMessage, given: readonly Endpoint[], scatter: boolean): Count {
    const { select } = this.#context.hooks;
    let targets = given;
    if (select !== undefined && given.length > 0) {
      try {
        targets = select(given, message) ?? [];
      } catch (error) {
        return this.#dispatcher.refuse(message, this.#context.hooks.blame('select', error));
      }
    }
    if (message.kind === 'request' || targets[0]?.group !== undefined) {
      try {
        targets = chosen(targets, message, undefined, scatter);
      } catch (error) {
        return this.#dispatcher.refuse(message, error);
      }
    }
    if (targets.length === 0) return this.#unrouted(message);
    return this.#dispatcher.dispatch(message, targets);
  }

  #chooseFrom(
    message: BusMessage,
    plan: Plan,
    selected: readonly Endpoint[],
    extras: SendExtras | undefined,
  ): Count {
    const { completion, origin } = message;
    const scatter = extras?.scatter === true;
    const balance = extras?.balance;
    let targets: readonly Endpoint[] | undefined;
    try {
      const candidates = origin === undefined ? selected : elsewhere(selected, origin);
      const fixed = candidates === plan.candidates && balance === undefined && !scatter;
      targets = fixed ? plan.targets : undefined;
      targets ??= chosen(candidates, message, balance, scatter);
    } catch (error) {
      return this.#dispatcher.refuse(message, error);
    }
    if (completion !== undefined && plan.filtered) {
      targets = targets.filter((endpoint) => wants(endpoint, message));
    }
    if (targets.length === 0) return this.#unrouted(message);
    return this.#dispatcher.dispatch(message, targets);
  }

  #unrouted(message: BusMessage): Count {
    const { hooks } = this.#context;
    let outcome: Outcome | undefined;
    try {
      outcome = hooks.unrouted(message);
    } catch (error) {
      return this.#dispatcher.refuse(message, error);
    }
    if (outcome !== undefined) {
      this.#dispatcher.end(message, outcome, undefined, 'unrouted');
      return 0;
    }
    if (message.kind === 'event') return this.#dispatcher.end(message, 'unroutable');
    const { topic } = message;
    return this.#dispatcher.end(
      message,
      'unroutable',
      busError(
        'BUS_NO_ROUTE',
        `nothing handles ${message.kind}s on '${topic}': add a handler with bus.handle('${topic}', …), or check the topic`,
        { topic },
      ),
    );
  }
}

function chosen(
  candidates: readonly Endpoint[],
  message: Message,
  balance: Balance | undefined,
  scatter: boolean,
): readonly Endpoint[] {
  if (message.kind !== 'request') return chooseForEach(candidates, message);
  return scatter ? candidates : chooseForRequest(candidates, message, balance);
}

/** Those that the sender wants it to go to; the same list where that is all. */
function left(
  selected: readonly Endpoint[],
  message: Message,
  sender: WantingSender,
): readonly Endpoint[] {
  let kept: Endpoint[] | undefined;
  try {
    for (let i = 0; i < selected.length; i++) {
      const endpoint = selected[i] as Endpoint;
      if (!sender.wants(endpoint)) kept ??= selected.slice(0, i);
      else kept?.push(endpoint);
    }
  } catch (cause) {
    throw handlerFailed('the sender', message.topic, undefined, cause);
  }
  return kept ?? selected;
}

/** Without the endpoints of the link it came from; the same list where there are none. */
function elsewhere(candidates: readonly Endpoint[], origin: Origin): readonly Endpoint[] {
  const back = (endpoint: Endpoint): boolean => endpoint.extras?.origin === origin;
  return candidates.some(back) ? candidates.filter((endpoint) => !back(endpoint)) : candidates;
}
