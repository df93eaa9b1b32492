// Checks that the budget a package's README states is the one that is enforced, and that sources keep the
// budgets below. Whether what is built keeps its budget is size-limit's to check.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './packed.mjs';
import { sizeFaults } from './sizes/faults.mjs';
import { sourceFaults, sourcesIn } from './sizes/sources.mjs';

/**
 * By package, the most source files it may have, and the most lines of them that run. The goal of core is
 * 2,000 lines and 10 kB: this keeps it from growing until it is there, and is to be lowered with it.
 */
const sourceBudgets = {
  core: { files: 32, lines: 3740 },
};

const budgets = JSON.parse(readFileSync(join(root, '.size-limit.json'), 'utf8'));
const readmeOf = (name) => readFileSync(join(root, 'packages', name, 'README.md'), 'utf8');
const faults = sizeFaults(budgets, readmeOf);
for (const [name, budget] of Object.entries(sourceBudgets)) {
  const sources = sourcesIn(join(root, 'packages', name, 'src'));
  console.log(`${name}: ${sources.files} files, ${sources.lines} lines that run`);
  faults.push(...sourceFaults(name, sources, budget));
}
for (const fault of faults) console.error(fault);
console.log(
  `${budgets.length} budgets, ${faults.length === 0 ? 'as the READMEs say' : `${faults.length} faults`}`,
);
process.exitCode = faults.length === 0 ? 0 : 1;
