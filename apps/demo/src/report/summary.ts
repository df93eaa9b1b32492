import type { ProcessReport } from '../contract/processes.ts';
import { deliveriesText, healthText, lostText } from './account.ts';
import { faultText, faultTitle } from './faults.ts';
import { duration, integer, outcomesOf, seconds, sumOf, wrapped } from './format.ts';
import type { Paint } from './paint.ts';
import type { Result } from './result.ts';

const labelWidth = 24;
const widest = 110;

/** What is left on the screen when the run is over. */
export function summary(result: Result, paint: Paint, columns: number = widest): string {
  const { outcomes, latencyMs, sent, stopped, reliable } = result;
  const room = Math.max(30, Math.min(columns, widest) - labelWidth - 3);
  const row = (label: string, text: string): string =>
    wrapped(text, room)
      .map((line, at) => `  ${(at === 0 ? label : '').padEnd(labelWidth)}${line}`)
      .join('\n');
  const amount = (label: string, value: number): string =>
    `  ${label.padEnd(labelWidth)}${integer(value).padStart(11)}`;
  const total = sent.event + sent.notification + sent.request;
  const sum = sumOf(outcomes.ended);
  const sums =
    `accepted ${integer(outcomes.accepted)} = ended ${integer(sum)} ` +
    `+ in flight ${integer(outcomes.inFlight)}`;
  const { p50, p95, p99, max } = latencyMs;
  return [
    '',
    paint.bold(`Ran ${seconds(result.seconds * 1000)}, ended by ${result.endedBy}`),
    '',
    row(
      'sent',
      `${integer(total)} messages: ${integer(sent.event)} events, ` +
        `${integer(sent.request)} requests, ${integer(sent.notification)} notifications`,
    ),
    row('raw events', `${integer(result.rawEvents)}, ${integer(result.ratePerSecond)} a second`),
    row(
      'latency',
      `p50 ${duration(p50)}, p95 ${duration(p95)}, p99 ${duration(p99)}, max ${duration(max)}`,
    ),
    row(
      'shutdown',
      `${stopped.trouble ?? `${stopped.finished.length} modules finished`}; ${integer(stopped.inFlight)} messages in flight, ` +
        `drained in ${duration(stopped.drainedMs)}`,
    ),
    '',
    ...outcomesOf(outcomes.ended).map(([outcome, times]) => amount(outcome, times)),
    amount('in flight', outcomes.inFlight),
    amount('accepted', outcomes.accepted),
    '',
    row('reliable', deliveriesText(reliable)),
    row(
      'retries',
      `${integer(reliable.retries)} of handlers, ${integer(reliable.sentAgain)} messages sent again; ` +
        `${integer(reliable.deadLettersLeft)} dead letters left`,
    ),
    row('health, at the hub', healthText(result)),
    '',
    ...result.processes.map((process) => row(process.id, processText(process))),
    ...result.lost.map((part) => row(part.id, paint.warn(lostText(part)))),
    '',
    ...faultLines(result, paint, row),
    paint.bold('What it showed'),
    ...result.features.map(({ feature, finding }) => row(feature, finding)),
    '',
    reliable.lost === 0
      ? paint.good(`reliable messages lost = 0 of ${integer(reliable.published)}`)
      : paint.bad(`reliable messages lost = ${reliable.lost} of ${integer(reliable.published)}`),
    result.balanced
      ? paint.good(`The sums balance: ${sums}.`)
      : paint.bad(`The sums do NOT balance: ${sums}; ${result.faults.join('; ')}.`),
    '',
    paint.bold('What next'),
    row(
      'watch it',
      '--for forever, and open the page it names; then save a file, or kill a process',
    ),
    row('read it', 'apps/demo/src/assembly.ts: which modules there are, and where they run'),
    row('change it', 'move a module there to another process; --single has all of them in one'),
    row('all flags', '--help'),
    '',
  ].join('\n');
}

function faultLines(
  { chaos }: Result,
  paint: Paint,
  row: (label: string, text: string) => string,
): readonly string[] {
  if (chaos.planned.length === 0) return [];
  const lines = chaos.faults.map((fault) => row(faultTitle(fault), faultText(fault)));
  return [paint.bold('Faults on purpose'), ...lines, ''];
}

function processText({ pid, runs, outcomes }: ProcessReport): string {
  const { accepted, inFlight, ended } = outcomes;
  const { handled, forwarded } = ended;
  const otherwise = sumOf(ended) - handled - forwarded;
  return (
    `${runs} ${pid}: ${integer(accepted)} accepted: ${integer(handled)} handled, ` +
    `${integer(forwarded)} sent on, ${integer(otherwise)} otherwise, ${integer(inFlight)} in flight`
  );
}
