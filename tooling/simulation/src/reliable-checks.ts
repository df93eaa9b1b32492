import { compileGlob } from '@bus/router-glob';
import type { Journal } from './journal.ts';
import type { ReliableListener, ReliableListeners } from './reliable-listeners.ts';
import { runsAtMost } from './reliable-topics.ts';
import type { Publication, ReliableTraffic } from './reliable-traffic.ts';
import type { Station } from './station.ts';

/** All that was published and done reliably in a run. */
export interface ReliableRun {
  readonly traffic: ReliableTraffic;
  readonly listeners: ReliableListeners;
  readonly stations: readonly Station[];
  /** By how many ways a message comes; by several, links may wait for each other in a circle. */
  readonly ways: number;
}

/** Every publish has ended, what was acknowledged was handled in order, and nothing was lost. */
export function checkReliable(journal: Journal, run: ReliableRun): void {
  const { traffic, listeners, stations, ways } = run;
  const letters = lettersOf(stations);
  for (const publication of traffic.all.values()) {
    const { load, end } = publication;
    if (typeof end === 'number') checkAcknowledged(journal, publication, end, run, letters);
    else if (end === undefined && ways === 1 && isLiving(load.from, stations))
      journal.problem(`the reliable publish ${load.nonce} of ${load.from} has not ended`);
  }
  for (const listener of listeners.all) {
    checkOrder(journal, listener, traffic.all);
    for (const { nonce, by, runs } of letters) {
      if (by !== listener.label || ways > 1) continue;
      const ran = listener.runs.get(nonce);
      if (ran !== runs || runs > runsAtMost)
        journal.problem(`the letter ${nonce} of ${by} says ${runs} runs, and there were ${ran}`);
    }
  }
}

function checkAcknowledged(
  journal: Journal,
  { load, known, isMixed }: Publication,
  end: number,
  { listeners, stations, ways }: ReliableRun,
  letters: readonly FoundLetter[],
): void {
  const { nonce, topic, from } = load;
  // One that has given it up acknowledges it when it is sent again.
  const seen = listeners.all.filter(({ runs }) => runs.has(nonce));
  if (end > seen.length && ways === 1)
    journal.problem(`${nonce} was acknowledged by ${end} of ${seen.length} who have had it`);
  // Those beyond a hub are counted, not told apart; and letters go with the bus that had them.
  if (isMixed || !isThere(from, stations)) return;
  for (const { label, group, pattern, handled } of listeners.alive) {
    if (!known.includes(label) || group !== undefined) continue;
    if (!compileGlob(pattern)(topic) || handled.includes(nonce)) continue;
    // A letter of the publisher is about whoever did not acknowledge.
    const isLetter = letters.some(
      (letter) => letter.nonce === nonce && (letter.by === undefined || letter.by === label),
    );
    if (!isLetter) journal.problem(`${nonce} of ${from} was never handled by ${label}`);
  }
}

/** With nothing in the way, all who are there have handled what was published, and no letter is left. */
export function checkReliableReach(
  journal: Journal,
  published: readonly Publication[],
  alive: readonly ReliableListener[],
  stations: readonly Station[],
): void {
  for (const { load, end } of published) {
    const wanted = alive.filter(({ pattern }) => compileGlob(pattern)(load.topic));
    const grouped = wanted.filter(({ group }) => group !== undefined);
    const expected = wanted.length - grouped.length + Math.min(1, grouped.length);
    if (end !== expected)
      journal.problem(`in the end, ${load.nonce} was acknowledged by ${end} of ${expected}`);
    for (const { label, group, handled } of wanted) {
      if (group === undefined && !handled.includes(load.nonce))
        journal.problem(`in the end, ${label} has not handled ${load.nonce}`);
    }
  }
  for (const { nonce, by } of lettersOf(stations)) {
    if (alive.some(({ label }) => label === by))
      journal.problem(`in the end, the letter ${nonce} of ${by} is still there`);
  }
}

function isLiving(publisher: string, stations: readonly Station[]): boolean {
  return stations.some((station) => station.publisher === publisher && station.state === 'up');
}

/** Its bus runs, or has stopped and not been started again. */
function isThere(publisher: string, stations: readonly Station[]): boolean {
  return stations.some((station) => station.publisher === publisher);
}

interface FoundLetter {
  readonly nonce: number;
  /** The subscription that gave it up. */
  readonly by: string | undefined;
  readonly runs: number;
}

function lettersOf(stations: readonly Station[]): readonly FoundLetter[] {
  return stations.flatMap(({ bus, publisher }) =>
    bus.deadLetters.list().map(({ message, subscription, attempts }) => ({
      nonce: (message.payload as { readonly nonce: number }).nonce,
      by: subscription && `${subscription.name}@${publisher}`,
      runs: attempts,
    })),
  );
}

/** Of one publisher, topic and key, what it acknowledged was handled in the order sent. */
function checkOrder(
  journal: Journal,
  { handled, keepsOrder, label }: ReliableListener,
  publications: ReadonlyMap<number, Publication>,
): void {
  if (!keepsOrder) return;
  const lasts = new Map<string, number>();
  for (const nonce of handled) {
    const publication = publications.get(nonce);
    if (publication?.key === undefined || typeof publication.end !== 'number') continue;
    const { load, key } = publication;
    const lane = `${load.from} ${load.topic} ${key}`;
    const last = lasts.get(lane) ?? -1;
    if (last > load.sequence)
      journal.problem(`${label} handled ${nonce} (${lane} ${load.sequence}) after ${last}`);
    lasts.set(lane, load.sequence);
  }
}
