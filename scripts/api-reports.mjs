// Writes what each package makes public to its etc/<name>.api.md, from the built declarations, so that a
// change of it is seen where it is made.
//   node scripts/api-reports.mjs             all packages
//   node scripts/api-reports.mjs core wire   only these
//   node scripts/api-reports.mjs --check     writes nothing; fails where a report is not what it was
// It fails, too, where something public has no documentation.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';
import { publicPackages } from './packed.mjs';

const given = process.argv.slice(2);
const isCheck = given.includes('--check');
const only = given.filter((name) => name !== '--check');
const scratch = mkdtempSync(join(tmpdir(), 'api-reports-'));
let faults = 0;

/** What the compiler and the linter judge already, or what has no meaning where all is public. */
const silent = { logLevel: ExtractorLogLevel.None };

function configOf(place, report) {
  return ExtractorConfig.prepare({
    configObjectFullPath: join(place, 'api-extractor.json'),
    packageJsonFullPath: join(place, 'package.json'),
    configObject: {
      projectFolder: place,
      mainEntryPointFilePath: join(place, 'dist/index.d.ts'),
      newlineKind: 'lf',
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            module: 'nodenext',
            moduleResolution: 'nodenext',
            target: 'es2023',
            lib: ['es2023', 'esnext.disposable', 'dom'],
            strict: true,
            types: [],
          },
          files: [join(place, 'dist/index.d.ts')],
        },
      },
      apiReport: {
        enabled: true,
        reportFileName: basename(report),
        reportFolder: join(place, 'etc'),
        reportTempFolder: scratch,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: silent },
        extractorMessageReporting: {
          default: silent,
          'ae-undocumented': { logLevel: ExtractorLogLevel.Warning },
        },
        tsdocMessageReporting: { default: silent },
      },
    },
  });
}

function reportOf(place) {
  const name = basename(place);
  const report = join(place, 'etc', `${name}.api.md`);
  mkdirSync(join(place, 'etc'), { recursive: true });
  const { apiReportChanged } = Extractor.invoke(configOf(place, report), {
    localBuild: !isCheck,
    messageCallback: (message) => {
      message.handled = true;
      if (message.messageId === 'ae-undocumented') fault(`${name}: ${message.text}`);
    },
  });
  if (isCheck && apiReportChanged) {
    fault(
      `${name}: its public names are not those of etc/${name}.api.md. Run 'pnpm run api', look at what changed, and add a changeset.`,
    );
  }
}

function fault(text) {
  faults++;
  console.error(text);
}

try {
  const places = publicPackages().filter(
    (place) => only.length === 0 || only.includes(basename(place)),
  );
  for (const place of places) reportOf(place);
  console.log(`${places.length} reports: ${faults === 0 ? 'all is well' : `${faults} faults`}`);
  process.exitCode = faults === 0 ? 0 : 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
