// Checks that the budget a package's README states is the one that is enforced. Whether the package keeps
// it is size-limit's to check.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './packed.mjs';
import { sizeFaults } from './sizes/faults.mjs';

const budgets = JSON.parse(readFileSync(join(root, '.size-limit.json'), 'utf8'));
const readmeOf = (name) => readFileSync(join(root, 'packages', name, 'README.md'), 'utf8');
const faults = sizeFaults(budgets, readmeOf);
for (const fault of faults) console.error(fault);
console.log(
  `${budgets.length} budgets, ${faults.length === 0 ? 'as the READMEs say' : `${faults.length} faults`}`,
);
process.exitCode = faults.length === 0 ? 0 : 1;
