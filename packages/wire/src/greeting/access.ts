import type { Env } from '@bus/core';
import { BusError, busError } from '@bus/core';
import { isError } from '../clipped.ts';
import { unauthorized } from '../errors.ts';
import { isName } from '../frames/shown.ts';
import type { LinkGuardApi } from '../plugin/link-guard.ts';
import type {
  Authenticate,
  Credentials,
  LinkInfo,
  LinkOptions,
  PeerHello,
  PeerIdentity,
} from '../plugin/options.ts';

/**
 * Whether two secrets are the same, in a time that depends on the length of `shown` alone, which
 * whoever shows it knows.
 */
export function isSameSecret(shown: string, secret: string): boolean {
  const encoder = new TextEncoder();
  const theirs = encoder.encode(shown);
  const ours = encoder.encode(secret);
  let difference = theirs.length ^ ours.length;
  for (let i = 0; i < theirs.length; i++) {
    difference |= (theirs[i] ?? 0) ^ (ours[i % ours.length] ?? 0);
  }
  return difference === 0;
}

/** Addresses that are counted within a second. */
const mostAddresses = 4096;

/** Counts refused attempts per address within a second. */
export class Attempts {
  readonly #env: Env;
  readonly #perSecond: number;
  readonly #refused = new Map<string, number>();
  #second = 0;

  constructor(env: Env, perSecond: number) {
    this.#env = env;
    this.#perSecond = perSecond;
  }

  /** Whether an address has to wait before anything it shows is looked at. */
  areSpent(address: string): boolean {
    this.#roll();
    return (this.#refused.get(address) ?? 0) >= this.#perSecond;
  }

  refused(address: string): void {
    this.#roll();
    if (this.#refused.size >= mostAddresses && !this.#refused.has(address)) return;
    this.#refused.set(address, (this.#refused.get(address) ?? 0) + 1);
  }

  #roll(): void {
    const second = Math.floor(this.#env.now() / 1000);
    if (second === this.#second) return;
    this.#second = second;
    this.#refused.clear();
  }
}

/** How one side of a transport lets peers in. */
export interface Entrance {
  readonly options: LinkOptions;
  guard(): LinkGuardApi['linkGuard'] | undefined;
  readonly attempts: Attempts;
  /** Whether this side was connected to, and so has to ask. */
  readonly listens: boolean;
}

/**
 * Checks that a side which listens does not show its own credentials in the belief that it asks for some.
 * @throws BUS_OPTION_INVALID
 */
export function checkEntrance({ options, guard, listens }: Entrance): void {
  const { credentials, token, authenticate = guard()?.authenticate } = options;
  if (!listens || credentials === undefined) return;
  if (token !== undefined || authenticate !== undefined) return;
  const text =
    "'credentials' are what a side that listens shows, and nothing is demanded of its peers: give 'token', which both sides demand of each other, or 'authenticate', which says who may come in";
  throw busError('BUS_OPTION_INVALID', text, { option: 'credentials', value: '…' });
}

/** Who a peer is, as far as this side knows: without `busId`, its id is what it claims. */
export type Known = Pick<PeerIdentity, 'principal'> & Partial<PeerIdentity>;

/**
 * Who a peer is.
 * @throws WIRE_UNAUTHORIZED, also by its promise
 */
export function identityOf(
  entrance: Entrance,
  hello: PeerHello,
  link: LinkInfo,
): Known | Promise<Known> {
  const { options, attempts, listens } = entrance;
  const guard = entrance.guard();
  const { busId } = hello;
  const refuse = (reason: string, cause?: unknown): BusError => {
    attempts.refused(link.remote);
    return unauthorized(busId, reason, cause);
  };
  if (attempts.areSpent(link.remote)) throw unauthorized(busId, 'too many attempts: wait a second');
  if (options.token !== undefined) {
    const { token } = hello.credentials;
    if (typeof token !== 'string') throw refuse('it showed no token, and one is asked for');
    if (!isSameSecret(token, options.token)) throw refuse('its token is wrong');
  }
  const authenticate = options.authenticate ?? guard?.authenticate;
  if (authenticate === undefined) {
    if (!listens || link.local || options.token !== undefined) return { principal: undefined };
    throw refuse("it is not local, and neither 'authenticate' nor 'token' says who may come in");
  }
  return settle(authenticate, hello, link, refuse);
}

async function settle(
  authenticate: Authenticate,
  hello: PeerHello,
  link: LinkInfo,
  refuse: (reason: string, cause?: unknown) => BusError,
): Promise<Known> {
  let said: unknown;
  try {
    said = await authenticate(hello, link);
  } catch (cause) {
    throw refuse('authenticate threw', cause);
  }
  if (isError(said) || BusError.is(said)) throw refuse((said as Error).message, said);
  const known = isIdentity(said) ? said : { principal: said };
  if (known.principal === undefined) throw refuse('authenticate named no principal');
  if (known.busId !== undefined && !isName(known.busId)) {
    throw refuse('authenticate named a bus id that is no text of 1 to 128 printable characters');
  }
  return known;
}

function isIdentity(said: unknown): said is Known {
  return typeof said === 'object' && said !== null && 'principal' in said && 'busId' in said;
}

/** What this side shows. */
export async function ownCredentials({ credentials, token }: LinkOptions): Promise<Credentials> {
  const shown = typeof credentials === 'function' ? await credentials() : credentials;
  return token === undefined ? (shown ?? {}) : { token, ...shown };
}
