import type { BusError, Timer } from '@bus/core';
import { withoutStack } from '@bus/core';
import { limitExceeded, protocolError, unauthorized } from '../errors.ts';
import { fromJson, objectOf, toJson } from '../frames/control.ts';
import type { FrameType } from '../frames/frames.ts';
import { countedBytes, frame, helloBytes, protocolVersion } from '../frames/frames.ts';
import { noBytes } from '../frames/memory.ts';
import type { LinkContext } from '../link/link-context.ts';
import { PerSecond } from '../link/per-second.ts';
import type { LinkInfo } from '../plugin/options.ts';
import type { Known } from './access.ts';
import { identityOf, ownCredentials } from './access.ts';
import type { Hello } from './handshake.ts';
import { commonCodec, helloOf, statedLimits } from './handshake.ts';

/** An `Origin` whose principal may change, when the peer shows new credentials. */
export interface LinkOrigin {
  readonly peer: string;
  principal: unknown;
}

/** What the two sides need to greet each other. */
export interface GreetingLink {
  readonly context: LinkContext;
  readonly info: LinkInfo;
  readonly isClosed: boolean;
  /** Sends a frame at once. */
  say(type: FrameType, body: Uint8Array): void;
  /** Why a peer that has proved who it is may not be linked to, if so. */
  refusal(hello: Hello): BusError | undefined;
  /** This side has let the peer in: larger frames are legal from now on. */
  accepted(): void;
  /** Each side has let the other in. */
  greeted(hello: Hello, origin: LinkOrigin): void;
  principalChanged(): void;
  fail(error: unknown): void;
}

/**
 * Each side says hello, lets the other in, and may show new credentials later. A side that was
 * connected to says nothing before it has let its peer in: its own credentials are not for strangers.
 */
export class Greeting {
  hello: Hello | undefined;
  /** The id of the peer's bus is no mere claim: `authenticate` has said what it is. */
  isIdentified = false;
  readonly #link: GreetingLink;
  /** Resolves when our hello has been sent, which goes before all else. */
  #said: Promise<void> | undefined;
  #origin: LinkOrigin | undefined;
  #welcomed = false;
  #authenticating = false;
  readonly #shown: PerSecond;
  #helloTimer: Timer;
  #credentialsTimer: Timer;

  constructor(link: GreetingLink) {
    this.#link = link;
    const { env, limits, entrance } = link.context;
    this.#shown = new PerSecond(env);
    this.#helloTimer = env.setTimer(() => {
      this.#helloTimer = undefined;
      const { remote } = link.info;
      const reason = `it was not let in within ${limits.helloMs} ms`;
      link.fail(withoutStack(() => unauthorized(remote, reason)));
    }, limits.helloMs);
    if (!entrance.listens) this.#said = this.#say();
  }

  close(): void {
    const { env } = this.#link.context;
    if (this.#helloTimer !== undefined) env.clearTimer(this.#helloTimer);
    if (this.#credentialsTimer !== undefined) env.clearTimer(this.#credentialsTimer);
    this.#helloTimer = undefined;
    this.#credentialsTimer = undefined;
  }

  /**
   * Reads a frame that is part of the greeting.
   * @returns whether it is one, and may come now.
   * @throws WIRE_PROTOCOL_ERROR, WIRE_VERSION_MISMATCH, WIRE_UNAUTHORIZED
   */
  frame(type: number, bytes: Uint8Array, start: number, end: number): boolean {
    if (type === frame.hello) this.#onHello(fromJson(bytes, start, end, helloBytes));
    else if (type === frame.welcome && this.hello !== undefined) {
      if (start < end) throw protocolError('a welcome has a body');
      this.#onWelcome();
    } else if (type === frame.credentials && this.#isDone) {
      this.#onCredentials(fromJson(bytes, start, end));
    } else return false;
    return true;
  }

  get #isDone(): boolean {
    return this.#welcomed && this.#origin !== undefined;
  }

  #onHello(value: unknown): void {
    if (this.hello !== undefined) throw protocolError('it said hello twice');
    const hello = helloOf(value);
    this.hello = hello;
    const { context, info } = this.#link;
    commonCodec(context.codecs, hello.codecs);
    const identity = identityOf(context.entrance, hello, info);
    Promise.resolve(identity)
      .then((known) => this.#letIn(hello, known))
      .catch((error) => this.#link.fail(error));
  }

  #onWelcome(): void {
    if (this.#welcomed) throw protocolError('it said welcome twice');
    this.#welcomed = true;
    this.#doneIfBoth();
  }

  /** The peer shows new credentials. */
  #onCredentials(value: unknown): void {
    const origin = this.#origin;
    const { hello } = this;
    if (origin === undefined || hello === undefined) return;
    if (this.#authenticating) {
      throw protocolError('it showed credentials before others were checked');
    }
    // Checking credentials may cost this side more than showing them costs the peer.
    const { attemptsPerSecond } = this.#link.context.limits;
    if (this.#shown.next() > attemptsPerSecond) {
      throw limitExceeded('attemptsPerSecond', attemptsPerSecond);
    }
    this.#authenticating = true;
    const shown = { ...hello, credentials: objectOf(value, 'credentials') };
    const { context, info } = this.#link;
    const { busId } = hello;
    Promise.resolve(identityOf(context.entrance, shown, info))
      .then((known) => {
        if (known.busId !== undefined && known.busId !== busId) {
          throw unauthorized(busId, `its new credentials are those of '${known.busId}'`);
        }
        this.#authenticating = false;
        origin.principal = known.principal;
        this.#link.principalChanged();
      })
      .catch((error) => this.#link.fail(error));
  }

  async #say(): Promise<void> {
    const { options, host, instance, idPrefix, codecs, limits } = this.#link.context;
    try {
      const credentials = await ownCredentials(options);
      const hello: Hello = {
        protocol: protocolVersion,
        busId: host.busId,
        instance,
        idPrefix,
        codecs: codecs.map(({ name }) => name),
        limits: statedLimits(limits, host.limits.headerBytes),
        credentials,
      };
      const body = toJson(hello);
      if (body.length > helloBytes - countedBytes) throw limitExceeded('helloBytes', helloBytes);
      if (this.#link.isClosed) return;
      this.#link.say(frame.hello, body);
      this.#renewCredentials(credentials.expiresInMs);
    } catch (error) {
      this.#link.fail(error);
    }
  }

  /** Shows new credentials before the old ones expire. */
  #renewCredentials(expiresInMs: number | undefined): void {
    if (expiresInMs === undefined || this.#link.isClosed) return;
    const { env, options } = this.#link.context;
    this.#credentialsTimer = env.setTimer(async () => {
      this.#credentialsTimer = undefined;
      try {
        const credentials = await ownCredentials(options);
        if (this.#link.isClosed) return;
        this.#link.say(frame.credentials, toJson(credentials));
        this.#renewCredentials(credentials.expiresInMs);
      } catch (error) {
        this.#link.fail(error);
      }
    }, expiresInMs * 0.8);
  }

  async #letIn(claimed: Hello, { principal, busId }: Known): Promise<void> {
    if (this.#link.isClosed) return;
    this.isIdentified = busId !== undefined;
    const hello = busId === undefined ? claimed : { ...claimed, busId };
    this.hello = hello;
    const refusal = this.#link.refusal(hello);
    if (refusal !== undefined) throw refusal;
    this.#said ??= this.#say();
    await this.#said;
    if (this.#link.isClosed) return;
    this.#origin = { peer: hello.busId, principal };
    this.#link.accepted();
    this.#link.say(frame.welcome, noBytes);
    this.#doneIfBoth();
  }

  #doneIfBoth(): void {
    const { hello } = this;
    const origin = this.#origin;
    if (!this.#welcomed || hello === undefined || origin === undefined) return;
    this.#link.context.env.clearTimer(this.#helloTimer);
    this.#helloTimer = undefined;
    this.#link.greeted(hello, origin);
  }
}
