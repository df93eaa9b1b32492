import type { EndedCounts } from '@bus/core';

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

export function integer(value: number): string {
  return whole.format(value);
}

/** `4.2 µs`, `1.3 ms`, `2.0 s`: three digits at most, and aligned when padded. */
export function duration(ms: number): string {
  if (ms < 1) return `${short(ms * 1000)} µs`;
  return ms < 1000 ? `${short(ms)} ms` : `${short(ms / 1000)} s`;
}

function short(value: number): string {
  return value < 100 ? value.toFixed(1) : value.toFixed(0);
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** Every outcome that happened, by name, `handled` first; drops by reason. */
export function outcomesOf(ended: EndedCounts): readonly (readonly [string, number])[] {
  const { dropped, ...others } = ended;
  const drops = Object.entries(dropped).map(([why, times]) => [`dropped (${why})`, times] as const);
  return [...Object.entries(others), ...drops].filter(
    ([outcome, times]) => times > 0 || outcome === 'handled',
  );
}

export function sumOf(ended: EndedCounts): number {
  return outcomesOf(ended).reduce((sum, [, times]) => sum + times, 0);
}

/** Breaks a text into lines no wider than `width`, at spaces. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
