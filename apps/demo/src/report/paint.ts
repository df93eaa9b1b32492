import { styleText } from 'node:util';

export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  warn(text: string): string;
  bad(text: string): string;
}

const plain = (text: string): string => text;

/** Colours for a terminal that wants them. */
export function painter(wanted: boolean): Paint {
  if (!wanted) return { bold: plain, dim: plain, good: plain, warn: plain, bad: plain };
  return {
    bold: (text) => styleText('bold', text),
    dim: (text) => styleText('dim', text),
    good: (text) => styleText('green', text),
    warn: (text) => styleText('yellow', text),
    bad: (text) => styleText('red', text),
  };
}
