import type { BusError, Endpoint, Measurement } from '@bus/core';
import { busError } from '@bus/core';
import { limitExceeded, linkDuplicate, protocolError } from '../errors.ts';
import type { Hello } from '../greeting/handshake.ts';
import type {
  Connection,
  ConnectionEvents,
  Transport,
  TransportHost,
} from '../plugin/transport.ts';
import { Heartbeats } from './heartbeats.ts';
import type { LinkOwner } from './link.ts';
import { Link } from './link.ts';
import type { LinkContext } from './link-context.ts';
import { LinkedPeer } from './linked-peer.ts';
import { measurementsOf } from './measurements.ts';
import type { Peer, PeerChange } from './peer.ts';
import { PerSecond } from './per-second.ts';
import { reasonOf } from './reason.ts';
import type { LinkReport } from './report.ts';
import { reportOf } from './report.ts';
import type { Session } from './session.ts';

/** Lines of the log a second about links that failed. */
const mostWarnings = 10;

/** All links of one transport. */
export class Links implements LinkOwner, TransportHost {
  readonly context: LinkContext;
  readonly #transport: Transport;
  readonly #heartbeats: Heartbeats;
  readonly #links = new Set<Link>();
  /** All peers of this bus by id, those of other transports too: an id is one peer's. */
  readonly #peers = new Map<string, Peer>();
  readonly #warnings: PerSecond;
  #heldBack = 0;
  readonly #dirty: Link[] = [];
  readonly #offering = new Set<Link>();
  #turn = false;
  #stopping = false;
  /**
   * Called when a link is up and its peer's offers are known, and when one is gone: then it is for
   * who is called to log why none came about.
   */
  onReady: ((link: Link) => void) | undefined;
  onDown: ((link: Link, error: unknown) => void) | undefined;

  constructor(transport: Transport, context: LinkContext) {
    this.#transport = transport;
    this.context = context;
    this.#heartbeats = new Heartbeats(context.env, this.#links);
    this.#warnings = new PerSecond(context.env);
  }

  get env(): LinkContext['env'] {
    return this.context.env;
  }

  get log(): TransportHost['log'] {
    return this.context.host.log;
  }

  get busId(): string {
    return this.context.host.busId;
  }

  report(): readonly LinkReport[] {
    return [...this.#links].map((link) => reportOf(link, this.#transport));
  }

  measurements(): readonly Measurement[] {
    return [...this.#links].flatMap(measurementsOf);
  }

  connected(connection: Connection): ConnectionEvents {
    const link = new Link(this, connection);
    this.#links.add(link);
    this.#heartbeats.watch(link);
    const { connections, pendingConnections } = this.context.limits;
    if (this.#stopping) link.fail(stopping(this.busId));
    else if (this.#links.size > connections) link.fail(limitExceeded('connections', connections));
    else if (this.#greeting > pendingConnections) {
      link.fail(limitExceeded('pendingConnections', pendingConnections));
    }
    return link;
  }

  failed(error: unknown): void {
    const { name, address } = this.#transport;
    const text = `transport '${name}' no longer listens at ${address}`;
    this.context.host.report(
      busError('BUS_PLUGIN_START_FAILED', text, { plugin: `@bus/transport-${name}` }, error),
    );
  }

  refusal(link: Link, { busId, instance, idPrefix }: Hello): BusError | undefined {
    const { instance: own, idPrefix: ownPrefix } = this.context;
    if (idPrefix.startsWith(ownPrefix)) return protocolError('its messages would have our ids');
    if (instance === own || busId === this.busId) {
      return protocolError(`its bus has our id, '${busId}': give each bus an id of its own`);
    }
    const other = this.#peers.get(busId);
    if (other === undefined || other === link.linkedPeer) return undefined;
    const before = other instanceof LinkedPeer ? other.link : undefined;
    const isOwn = before instanceof Link && this.#links.has(before);
    const isBack = isOwn && before.hello?.instance === instance;
    const isAlike = before?.isIdentified === link.isIdentified;
    // Another transport of the same bus, at its end.
    const isAnother = before?.hello?.instance !== instance;
    if (isAnother && isAlike && before?.hello?.idPrefix === idPrefix) {
      return linkDuplicate(this.busId, busId);
    }
    const isSame = isBack && !before.isIdentified;
    if (before === undefined || !(link.isIdentified || isSame)) {
      const text = `a bus '${busId}' is linked already, by '${other.transport}'`;
      return protocolError(`${text}: give each bus an id of its own, and one link to each`);
    }
    // The same bus, back before its old connection was known to be dead; or it has proved its id.
    before.fail(protocolError(`'${busId}' has connected anew`));
    return undefined;
  }

  /** A peer of this bus has come or gone, by whichever transport. */
  heardOf({ type, peer }: PeerChange): void {
    if (type === 'up') this.#peers.set(peer.id, peer);
    else if (type === 'down' && this.#peers.get(peer.id) === peer) this.#peers.delete(peer.id);
  }

  up(link: Link, { offers, peer }: Session): void {
    const { host, transport } = this.context;
    for (const endpoint of host.endpoints()) offers.add(endpoint);
    host.emit('$bus.peer.up', { peer, transport, reason: link.info.remote });
    this.#tellPeer(link, 'up', link.info.remote);
  }

  ready(link: Link): void {
    this.onReady?.(link);
  }

  down(link: Link, error: unknown): void {
    this.#links.delete(link);
    this.#offering.delete(link);
    if (this.#links.size === 0) this.#heartbeats.stop();
    const { host, transport } = this.context;
    const { peer } = link;
    const reason = reasonOf(error);
    if (link.session !== undefined) {
      host.emit('$bus.peer.down', { peer, transport, reason });
      this.#tellPeer(link, 'down', reason);
    } else if (!this.#stopping && this.onDown === undefined) {
      this.#warn(`link with ${peer} failed: ${reason}`);
    }
    this.onDown?.(link, error);
  }

  suspected(link: Link): void {
    const { suspect, heartbeat } = link.life;
    if (suspect) this.#tellPeer(link, 'silent', `nothing came for ${heartbeat.suspectMs} ms`);
    else this.#tellPeer(link, 'heard', 'something has come');
  }

  watched(link: Link): void {
    this.#heartbeats.watch(link);
  }

  /** Anybody can cause these who can connect: a few a second, and then how many more there were. */
  #warn(line: string): void {
    if (this.#warnings.next() > mostWarnings) {
      this.#heldBack++;
      return;
    }
    const more = this.#heldBack === 0 ? '' : ` (and ${this.#heldBack} more before it)`;
    this.#heldBack = 0;
    this.context.host.log.warn(line + more);
  }

  #tellPeer({ linkedPeer }: Link, type: PeerChange['type'], reason: string): void {
    if (linkedPeer === undefined) return;
    this.context.host.tell('peer', { type, peer: linkedPeer, reason });
  }

  flushLater(link: Link): void {
    this.#dirty.push(link);
    if (this.#turn) return;
    this.#turn = true;
    this.env.setTurn(() => this.#flush());
  }

  /** An endpoint of this bus has come, gone, or changed. */
  tell(type: 'added' | 'removed' | 'changed', endpoint: Endpoint): void {
    for (const link of this.#links) {
      const { session } = link;
      if (session === undefined) continue;
      const { offers } = session;
      if (type === 'added') offers.add(endpoint);
      else if (type === 'removed') offers.remove(endpoint);
      else offers.change(endpoint);
      session.offersChanged();
      if (this.#offering.has(link)) continue;
      this.#offering.add(link);
      this.flushLater(link);
    }
  }

  async leave(): Promise<void> {
    this.#stopping = true;
    await Promise.all([...this.#links].map((link) => link.leave()));
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    const error = stopping(this.busId);
    await Promise.all([...this.#links].map((link) => link.bye(error).catch(() => undefined)));
    this.#heartbeats.stop();
    await this.#transport.close();
  }

  get #greeting(): number {
    let count = 0;
    for (const { state } of this.#links) if (state === 'greeting') count++;
    return count;
  }

  #flush(): void {
    this.#turn = false;
    for (const link of this.#offering) link.session?.tellOffers();
    this.#offering.clear();
    for (const link of this.#dirty.splice(0)) link.flush();
  }
}

function stopping(busId: string): BusError {
  return busError('BUS_CLOSED', `the bus '${busId}' stops`, { state: 'stopping' });
}
