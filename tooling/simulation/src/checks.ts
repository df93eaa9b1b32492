import { compileGlob } from '@bus/router-glob';
import type { Journal } from './journal.ts';
import type { Listener } from './listeners.ts';
import type { Network } from './network.ts';
import type { Flow } from './observer.ts';
import type { Station } from './station.ts';
import type { Weather } from './trouble.ts';

/** Both ends of every link are up, agree on what went over it, and wait for nothing. */
export function checkLinks(journal: Journal, stations: readonly Station[]): void {
  for (const station of stations) {
    if (station.state !== 'up') {
      journal.problem(`${station.id} is ${station.state} after the recovery`);
      continue;
    }
    for (const wire of station.wires) {
      const peer = `b${wire.listens === station.index ? wire.connects : wire.listens}`;
      const links = station.links.filter((link) => link.peer === peer);
      const [link] = links;
      if (links.length !== 1 || link?.state !== 'up') {
        const states = links.map(({ state }) => state).join();
        journal.problem(`${station.id} has ${links.length} links (${states}) with ${peer}`);
        continue;
      }
      const { asked, answering } = link.requests;
      if (asked + answering > 0) {
        journal.problem(
          `${station.id}-${peer}: ${asked} asked, ${answering} answering, after all ended`,
        );
      }
      const theirs = stations
        .find(({ id }) => id === peer)
        ?.links.find((l) => l.peer === station.id);
      if (theirs === undefined) continue;
      if (link.sent.messages !== theirs.received.messages) {
        journal.problem(
          `${station.id}>${peer}: ${link.sent.messages} sent, ${theirs.received.messages} received`,
        );
      }
      if (link.interests.ours !== theirs.interests.theirs) {
        journal.problem(
          `${station.id}>${peer}: ${link.interests.ours} offered, ${theirs.interests.theirs} known`,
        );
      }
    }
  }
}

/** Whether a message is on a link, sent and not received yet. */
export function isUnderWay(stations: readonly Station[]): boolean {
  return stations.some(({ id, links }) =>
    links.some(({ peer, sent }) => {
      const theirs = stations
        .find((station) => station.id === peer)
        ?.links.find((link) => link.peer === id);
      return theirs !== undefined && sent.messages !== theirs.received.messages;
    }),
  );
}

/** Every sound subscription got each message that was for it. */
export function checkReach(
  journal: Journal,
  wanted: ReadonlyMap<number, readonly Listener[]>,
  ways: number,
): void {
  for (const [nonce, listeners] of wanted) {
    const topic = journal.sent.get(nonce)?.topic ?? '';
    for (const { label, pattern, seen, isSound, subscription } of listeners) {
      if (!isSound || subscription === undefined || !compileGlob(pattern)(topic)) continue;
      const times = seen.get(nonce) ?? 0;
      if (times < 1 || times > ways)
        journal.problem(`in the end, ${label} got ${nonce} ${times} times`);
    }
  }
}

/** What left for a peer came in there, unless the link was cut. */
export function checkFlow(journal: Journal, network: Network, flow: Flow, weather: Weather): void {
  if (weather === 'lossy') return;
  for (const { listens, connects, cut } of network.wires) {
    for (const pair of [`b${listens}>b${connects}`, `b${connects}>b${listens}`]) {
      const sent = flow.forwarded.get(pair) ?? 0;
      const arrived = flow.arrived.get(pair) ?? 0;
      if (arrived > sent || (arrived < sent && !cut)) {
        journal.problem(
          `${pair}: ${sent} forwarded, ${arrived} arrived, ${cut ? 'cut' : 'never cut'}`,
        );
      }
    }
  }
}

/** Every request was settled once and in time, and every promise settled. */
export function checkAtEnd(journal: Journal): void {
  for (const { nonce, topic, from, ends } of journal.asks) {
    if (ends.length !== 1)
      journal.problem(`request ${nonce} on ${topic} of ${from} was settled ${ends.length} times`);
  }
  for (const what of journal.open) journal.problem(`never settled: ${what}`);
}
