import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';

/** What the compiler and the linter judge already, or what has no meaning where all is public. */
const silent = { logLevel: ExtractorLogLevel.None };

function configOf(place, report, scratch) {
  const entry = join(place, 'dist/index.d.ts');
  return ExtractorConfig.prepare({
    configObjectFullPath: join(place, 'api-extractor.json'),
    packageJsonFullPath: join(place, 'package.json'),
    configObject: {
      projectFolder: place,
      mainEntryPointFilePath: entry,
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
          files: [entry],
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

/**
 * Reports what one package makes public, from its built declarations.
 * @param {string} place the package's folder; the report is `etc/<name>.api.md` in it
 * @param {{ isCheck: boolean, scratch: string }} options a check writes nothing but to `scratch`
 * @returns {string[]} what is undocumented and, in a check, that the report is not what it was
 */
export function reportFaults(place, { isCheck, scratch }) {
  const name = basename(place);
  const report = join(place, 'etc', `${name}.api.md`);
  const faults = [];
  mkdirSync(join(place, 'etc'), { recursive: true });
  const { apiReportChanged } = Extractor.invoke(configOf(place, report, scratch), {
    localBuild: !isCheck,
    messageCallback: (message) => {
      message.handled = true;
      if (message.messageId === 'ae-undocumented') faults.push(`${name}: ${message.text}`);
    },
  });
  if (isCheck && apiReportChanged) {
    faults.push(
      `${name}: its public names are not those of etc/${name}.api.md. Run 'pnpm run api', look at what changed, and add a changeset ('pnpm exec changeset').`,
    );
  }
  return faults;
}
