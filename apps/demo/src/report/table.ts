import type { WorkspaceBus } from '../assembly.ts';
import type { Board } from './board.ts';
import type { Subject } from './picture.ts';
import { picture } from './picture.ts';
import type { Reporter } from './reporter.ts';
import { summary } from './summary.ts';

const everyMs = 250;
const hideCursor = '\x1b[?25l';
const showCursor = '\x1b[?25h';
const clearBelow = '\x1b[J';

interface Screen extends Subject {
  columns(): number;
  rows(): number;
  write(text: string): void;
}

/** A table that is redrawn in place. */
export function tableReporter(bus: WorkspaceBus, board: Board, screen: Screen): Reporter {
  let drawn = 0;
  let hint = 'Ctrl-C to end';
  let timer: NodeJS.Timeout | undefined;

  const draw = (): void => {
    const lines = picture(bus, board, screen, hint)
      .slice(0, screen.rows() - 1)
      .map((line) => fitted(line, screen.columns()));
    screen.write(`${backUp(drawn)}${lines.join('\n')}\n${clearBelow}`);
    drawn = lines.length;
  };
  const leave = (): void => {
    clearInterval(timer);
    screen.write(showCursor);
  };
  return {
    start: () => {
      screen.write(hideCursor);
      draw();
      timer = setInterval(draw, everyMs);
    },
    stopping: (reason) => {
      hint = `stopping: ${reason}`;
      draw();
    },
    finish: (result) => {
      hint = 'ended';
      draw();
      leave();
      screen.write(summary(result, screen.paint, screen.columns()));
    },
    abandon: leave,
  };
}

function backUp(lines: number): string {
  return lines > 0 ? `\x1b[${lines}A\r` : '';
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours take no room
const colour = /\x1b\[\d+m/g;

/** Cuts a line to the terminal's width and clears what the last picture left behind it. */
function fitted(line: string, columns: number): string {
  const bare = line.replace(colour, '');
  return `${bare.length > columns ? `${bare.slice(0, columns - 1)}…` : line}\x1b[K`;
}
