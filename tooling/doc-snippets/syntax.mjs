import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What pages show; another language would go unchecked. The last four are nothing that runs. */
const languages = new Set(['ts', 'js', 'html', 'json', 'sh', 'text', 'hex', 'diff', '']);

/**
 * Blocks in a language nobody checks, `json` that does not parse, and JavaScript that is none, also in pages
 * of HTML. What programs other than ours would do is not checked.
 * @param {import('./markdown.mjs').Block[]} blocks
 * @returns {string[]}
 */
export function syntaxFaults(blocks) {
  const folder = mkdtempSync(join(tmpdir(), 'snippets-'));
  try {
    return blocks.flatMap((block) => {
      const fault = faultOf(block, join(folder, 'block.mjs'));
      return fault === undefined ? [] : [`${block.file}:${block.line} ${fault}`];
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function faultOf({ language, text, flags }, file) {
  if (!languages.has(language)) return `is in no language that is checked: ${language}`;
  if (language === 'json') return jsonFault(text);
  if (language === 'js' && !flags.includes('ignore')) return moduleFault(text, file);
  if (language !== 'html') return undefined;
  return [...text.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g)]
    .map(([, script]) => moduleFault(script, file))
    .find((fault) => fault !== undefined);
}

function jsonFault(text) {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return error.message;
  }
}

function moduleFault(text, file) {
  writeFileSync(file, text);
  try {
    execFileSync(process.execPath, ['--check', file], { stdio: ['ignore', 'ignore', 'pipe'] });
    return undefined;
  } catch (error) {
    return `is no JavaScript: ${String(error.stderr).split('\n').slice(1, 5).join('\n    ')}`;
  }
}
