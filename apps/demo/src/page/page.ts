import type { EndpointView } from '@bus/core';
import { createBus } from '@bus/core';
import { correlation } from '@bus/correlation';
import { health } from '@bus/health';
import { pubsub } from '@bus/pubsub';
import { routerGlob } from '@bus/router-glob';
import { transportWs } from '@bus/transport-ws';
import type { Figures } from '../contract/figures.ts';
import type { State } from '../contract/windows.ts';
import type { Workspace } from '../contract.ts';
import { Board } from '../report/board.ts';
import { duration, integer } from '../report/format.ts';
import { Chart } from './charts.ts';
import { byId, made, show } from './elements.ts';
import { reportButton } from './report.ts';
import { StateStrip, showState } from './state.ts';
import { showFaults, showHealth, showLinks, showProcesses, showReliable } from './tables.ts';

const id = `page-${crypto.randomUUID().slice(0, 4)}`;
const link = transportWs({ connect: `ws://${location.host}/bus` }, { reconnect: { maxMs: 2000 } });
const bus = createBus<Workspace>({ id }).use(routerGlob(), pubsub(), correlation(), health(), link);

const board = new Board(bus);
const strip = new StateStrip();
const rates = new Chart('rate-chart', [{ label: 'a second', colour: 'accent' }]);
const latencies = new Chart('latency-chart', [
  { label: 'p50', colour: 'accent' },
  { label: 'p99', colour: 'second' },
]);

bus.subscribe('meter.figures', ({ payload }) => showFigures(payload), { mode: 'latest' });
bus.subscribe('window.*', ({ topic, payload }) => {
  strip.add(topic.slice('window.'.length) as State);
  show('because', `${payload.because}, says ${payload.by}`);
});
bus.subscribe('state.changed', ({ payload }) => {
  showState(payload.to);
  showNews();
});
bus.subscribe('advice.given', showNews);
bus.subscribe('process.*', showNews);
bus.subscribe('health.changed', showNews);
bus.subscribe('dead-letter.*', showNews);
bus.subscribe('chaos.faults', ({ payload }) => showFaults(payload.faults), { mode: 'latest' });
bus.subscribe('system.deliveries', ({ payload }) => showReliable(payload, board.processes), {
  mode: 'latest',
});
bus.subscribe('system.health', showModules);
bus.subscribe(
  'system.processes',
  ({ payload }) => {
    showProcesses(payload.processes);
    showLinks(payload.links);
    showHealth(payload.processes);
  },
  { mode: 'latest' },
);
reportButton(bus);

bus.subscribe('$bus.peer.up', () => status('connected', `connected as ${id}`));
bus.subscribe('$bus.peer.down', () =>
  status('disconnected', 'disconnected: the program has ended; --for forever has it run on'),
);
bus.subscribe('$bus.endpoint.added', ({ payload }) => {
  const { endpoint } = payload as { readonly endpoint: EndpointView };
  // Once that is there, somebody can tell what changed before this page was.
  if (endpoint.pattern === 'state.current') askState();
});
bus.start().catch((error: Error) => status('disconnected', error.message));

function status(is: 'connected' | 'disconnected', text: string): void {
  show('status', text);
  document.body.dataset.status = is;
  (byId('ask') as HTMLButtonElement).disabled = is !== 'connected';
}

async function askState(): Promise<void> {
  try {
    const { state } = await bus.request('state.current', {}, { idempotent: true });
    board.state = state;
    showState(state);
  } catch {
    // It will be told at the next change.
  }
}

function showFigures({ rawPerSecond, rawEvents, latencyMs, recentLatencyMs }: Figures): void {
  show('rate', integer(rawPerSecond));
  show('total', integer(rawEvents));
  show('latency', duration(recentLatencyMs.p50));
  const { p50, p99, max } = latencyMs;
  const run = `whole run: p50 ${duration(p50)}, p99 ${duration(p99)}, max ${duration(max)}`;
  show('latency-run', run);
  rates.add([rawPerSecond]);
  latencies.add([recentLatencyMs.p50, recentLatencyMs.p99]);
}

function showModules(): void {
  const byName = board.health.toSorted((a, b) => a.module.localeCompare(b.module));
  byId('modules').replaceChildren(
    ...byName.flatMap(({ module, note }) => [made('dt', module), made('dd', note)]),
  );
}

function showNews(): void {
  const items = board.news.map(({ atMs, text }) => {
    const at = new Date(Date.now() - board.elapsedMs + atMs);
    return [made('dt', at.toLocaleTimeString()), made('dd', text)];
  });
  byId('news').replaceChildren(...items.reverse().flat());
}
