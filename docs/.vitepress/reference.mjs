// Writes docs/reference out of the TSDoc of the public packages: from their sources, so that no build
// has to come before. A folder per package, a page per exported symbol.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Application, Comment, CommentTag, Converter, ReflectionKind } from 'typedoc';
import { load } from 'typedoc-plugin-markdown';
import { byPackageOrder, referenceFolder, root } from './pages.mjs';

/** What a page of the kernel begins with; of other packages, their functions, options and APIs. */
const kernelBegin = ['createBus', 'Bus', 'BusCore', 'BusOptions', 'HandleApi', 'HandleOptions'];
kernelBegin.push('StopOptions', 'SendOptions', 'Message', 'Subscription', 'BusError');
const beginGroup = 'Start here';

const manifestOf = (name) =>
  JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'));

/** Writes the pages anew; throws when TypeDoc has anything to complain of. */
export async function writeReference() {
  const names = readdirSync(join(root, 'packages'))
    .filter(
      (name) =>
        existsSync(join(root, 'packages', name, 'package.json')) && !manifestOf(name).private,
    )
    .sort(byPackageOrder);
  const app = await Application.bootstrapWithPlugins({
    plugin: [load],
    entryPoints: names.map((name) => join(root, 'packages', name, 'src/index.ts')),
    tsconfig: join(root, 'docs/.vitepress/reference.tsconfig.json'),
    basePath: join(root, 'packages'),
    name: 'Reference',
    readme: 'none',
    out: join(root, referenceFolder),
    sortEntryPoints: false,
    groupOrder: [beginGroup, 'Functions', '*'],
    kindSortOrder: ['Function', 'TypeAlias', 'Interface', 'Class'],
    // Links to sources would need the address of the repository.
    disableSources: true,
    disableGit: true,
    excludeExternals: true,
    excludePrivate: true,
    excludeInternal: true,
    githubPages: false,
    // `pnpm typecheck` does that.
    skipErrorChecking: true,
    validation: { notExported: true, invalidLink: true, notDocumented: false },
    logLevel: 'Warn',
    ...markdown,
  });
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.getChildrenByKind(ReflectionKind.Module)) {
      const { name, description } = manifestOf(module.name.split('/')[0]);
      module.name = name;
      module.comment ??= new Comment([{ kind: 'text', text: description }]);
      for (const symbol of module.children ?? []) {
        if (isBegin(module.name, symbol)) putFirst(symbol);
      }
    }
  });
  const project = await app.convert();
  if (project !== undefined) await app.generateOutputs(project);
  if (project === undefined || app.logger.hasErrors() || app.logger.hasWarnings()) {
    throw new Error('the reference could not be written; what is wrong stands above');
  }
}

/** Whether readers of a package begin with a symbol. */
function isBegin(packageName, { name, kind }) {
  if (packageName === '@bus/core') return kernelBegin.includes(name);
  return kind === ReflectionKind.Function || /(?:Api|Options)$/.test(name);
}

/** Lists a symbol in the first group of its package. */
function putFirst(symbol) {
  const described = symbol.signatures?.[0] ?? symbol;
  described.comment ??= new Comment();
  described.comment.blockTags.push(new CommentTag('@group', [{ kind: 'text', text: beginGroup }]));
}

/** How the pages look. */
const markdown = {
  entryFileName: 'index',
  excludeScopesInPaths: true,
  hidePageHeader: true,
  hideBreadcrumbs: true,
  useCodeBlocks: false,
  indexFormat: 'table',
  parametersFormat: 'table',
  sanitizeComments: true,
  useHTMLEncodedBrackets: true,
};
