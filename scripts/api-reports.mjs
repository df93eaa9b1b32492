// Writes what each package makes public to its etc/<name>.api.md, from the built declarations, so that a
// change of it is seen where it is made.
//   node scripts/api-reports.mjs             all packages
//   node scripts/api-reports.mjs core wire   only these
//   node scripts/api-reports.mjs --check     writes nothing; fails where a report is not what it was
// It fails, too, where something public has no documentation.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { reportFaults } from './api/report.mjs';
import { publicPackages } from './packed.mjs';

const given = process.argv.slice(2);
const isCheck = given.includes('--check');
const only = given.filter((name) => name !== '--check');
const scratch = mkdtempSync(join(tmpdir(), 'api-reports-'));

try {
  const places = publicPackages().filter(
    (place) => only.length === 0 || only.includes(basename(place)),
  );
  const faults = places.flatMap((place) => reportFaults(place, { isCheck, scratch }));
  for (const fault of faults) console.error(fault);
  const found = faults.length === 0 ? 'all is well' : `${faults.length} faults`;
  console.log(`${places.length} reports: ${found}`);
  process.exitCode = faults.length === 0 ? 0 : 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
