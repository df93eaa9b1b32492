import type { Endpoint } from './endpoint.ts';
import type { Env } from './env.ts';
import { BusError } from './errors.ts';
import type { Deliver } from './hooks.ts';
import type { KernelHooks } from './kernel-hooks.ts';
import type { BusMessage } from './message.ts';
import { Verdict } from './verdict.ts';

/** How handlers are called: through the `deliver` taps, in the context of what they handle. */
export class HandlerCalls {
  readonly #env: Env;
  readonly #hooks: KernelHooks;
  #usesContext = false;
  /** What the handler on the stack threw, until somebody has judged it. */
  #thrown: unknown;

  constructor(env: Env, hooks: KernelHooks) {
    this.#env = env;
    this.#hooks = hooks;
  }

  call(endpoint: Endpoint, message: BusMessage): unknown {
    // Nothing that a link does on this side sends a request that could inherit.
    if (!endpoint.isRemote && (message.deadline !== undefined || this.#usesContext)) {
      const { context } = this.#env;
      if (context !== undefined) {
        const inherited = message.deadline === undefined ? undefined : message;
        // A message without a deadline must not run under that of whoever happened to send it.
        if (inherited !== undefined || context.get() !== undefined) {
          this.#usesContext = true;
          return context.run(inherited, this.#deliverIn(endpoint), message);
        }
      }
    }
    const { deliver } = this.#hooks;
    return deliver === undefined ? endpoint.handler(message) : deliver(message, endpoint);
  }

  /** Apart, since a closure in {@link call} would cost every call. */
  #deliverIn(endpoint: Endpoint): (message: BusMessage) => unknown {
    const { deliver } = this.#hooks;
    return deliver === undefined ? endpoint.handler : (message) => deliver(message, endpoint);
  }

  /** Whether we run inside a handler whose deadline must not be inherited by everybody it tells. */
  isInContext(): boolean {
    return this.#usesContext && this.#env.context?.get() !== undefined;
  }

  /** The innermost layer of the `deliver` hook: remembers what a handler threw, as its own. */
  readonly handle: Deliver = (message, endpoint) => {
    try {
      return endpoint.handler(message);
    } catch (error) {
      this.#thrown = error;
      throw error;
    }
  };

  /** Whether `error` is what a handler threw or how a tap has ended it, and no tap's mistake. */
  readonly isHandlers = (error: unknown): boolean => error === this.#thrown || Verdict.is(error);

  /** Whether what a call threw is a tap's or a link's, which no handler has seen then. */
  isTaps(endpoint: Endpoint, error: unknown): boolean {
    const own = this.#hooks.deliver === undefined || this.isHandlers(error);
    this.#thrown = undefined;
    return !own || (endpoint.isRemote && BusError.is(error));
  }

  /** The same of what a promise rejected with: nobody can tell, unless the hook says so. */
  isTapsRejection(error: unknown): boolean {
    const tapped = this.#hooks.deliver !== undefined;
    return tapped && BusError.is(error) && error.code === 'BUS_HOOK_FAILED';
  }
}
