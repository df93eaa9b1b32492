import type { Bus } from '@bus/core';
import { BusError } from '@bus/core';
import type { Correlation } from '@bus/correlation';
import type { Workspace } from '../contract.ts';
import { duration } from '../report/format.ts';
import { byId, show } from './elements.ts';

/** Ten seconds of them. */
const windows = 40;
const timeoutMs = 3000;

/** The button that asks for a report, which one of the analysis processes answers. */
export function reportButton(bus: Bus<Workspace, Correlation>): void {
  const button = byId('ask') as HTMLButtonElement;
  const ask = async (): Promise<string> => {
    const began = performance.now();
    try {
      const { by, states, ...report } = await bus.request(
        'analysis.report',
        { windows },
        { timeoutMs, idempotent: true },
      );
      const took = duration(performance.now() - began);
      return (
        `${by}, in ${took}: of ${report.windows} windows ${states.idle} idle, ${states.active} active, ` +
        `${states.overloaded} overloaded; on average ${Math.round(100 * report.meanCpuShare)} % of a core`
      );
    } catch (error) {
      return BusError.is(error) ? `${error.code}: ${error.message}` : String(error);
    }
  };
  button.addEventListener('click', async () => {
    button.disabled = true;
    show('answer', '…');
    show('answer', await ask());
    button.disabled = false;
  });
}
