import { readFileSync } from 'node:fs';
import { bytesOf } from './raw-bytes.ts';

const page = new URL('../../../../docs/wire-protocol.md', import.meta.url);
const block = /^```hex (\w+)\n([\s\S]*?)^```$/gm;
const hex = /^((?:[0-9a-f]{2} )*[0-9a-f]{2})(?: {2,}.*)?$/;

/** The frames that the page on the protocol shows, by name. */
export function examples(): ReadonlyMap<string, Buffer> {
  const found = new Map<string, Buffer>();
  for (const [, name = '', body = ''] of readFileSync(page, 'utf8').matchAll(block)) {
    found.set(name, Buffer.concat(body.trimEnd().split('\n').map(bytesOfLine)));
  }
  return found;
}

function bytesOfLine(line: string): Buffer {
  if (line.startsWith('| ')) return Buffer.from(line.slice(2));
  if (line.startsWith(' ')) return Buffer.alloc(0);
  const [, pairs] = hex.exec(line) ?? [];
  if (pairs === undefined) throw new Error(`neither hex nor text: ${line}`);
  return bytesOf(pairs);
}
