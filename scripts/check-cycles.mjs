// Checks that no source file of a package imports one that imports it, directly or by way of others.
// Type imports count: files that need each other's types are one thing in two places.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { cycleFaults, importsIn } from './cycles/graph.mjs';
import { root } from './packed.mjs';

/** Packages that may have cycles for now. */
const allowed = [];

const sources = (name) => join(root, 'packages', name, 'src');
const names = readdirSync(join(root, 'packages')).filter((name) => existsSync(sources(name)));
let files = 0;
const faults = names.flatMap((name) => {
  const imports = importsIn(sources(name));
  files += imports.size;
  return cycleFaults(name, imports, allowed);
});
for (const fault of faults) console.error(fault);
const found = faults.length === 0 ? 'no cycles' : `${faults.length} faults`;
const except = allowed.length === 0 ? '' : `, but for ${allowed.join(', ')}`;
console.log(`${files} files in ${names.length} packages: ${found}${except}`);
process.exitCode = faults.length === 0 ? 0 : 1;
