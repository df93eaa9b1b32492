import { register } from 'node:module';

register('./json-modules.mjs', import.meta.url);
const { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } = await import(
  '@actions/workflow-parser'
);

const { parseAction } = await import('@actions/workflow-parser/actions/action-parser');

/** What package managers do themselves, so that no script has to be called so. */
const ownCommands = new Set(['ci', 'create', 'exec', 'install', 'publish', 'store']);
const scriptRun = /\bp?npm(?:@([\d.]+))? (?:(run) )?([\w:-]+)/g;

/**
 * What is wrong with a workflow: its syntax, its expressions, jobs it waits for that there are not,
 * and scripts it runs that the package does not have.
 * @param {{ name: string, content: string }} file
 * @param {{ scripts?: Record<string, string>, packageManager?: string }} manifest of the package it is for
 * @returns {Promise<string[]>}
 */
export async function workflowFaults(file, manifest) {
  const { context, value } = parseWorkflow(file, new NoOperationTraceWriter());
  if (value === undefined || context.errors.count > 0) return messagesOf(context);
  // Finds what the schema cannot: jobs that wait for each other, or for none that there is.
  await convertWorkflowTemplate(context, value);
  return [...messagesOf(context), ...commandFaults(file, manifest)];
}

/**
 * What is wrong with an action that workflows of this repository use.
 * @param {{ name: string, content: string }} file its action.yml
 * @param {{ scripts?: Record<string, string>, packageManager?: string }} manifest of the package it is for
 * @returns {string[]}
 */
export function actionFaults(file, manifest) {
  const { context } = parseAction(file, new NoOperationTraceWriter());
  return [...messagesOf(context), ...commandFaults(file, manifest)];
}

function messagesOf({ errors }) {
  return errors.getErrors().map(({ message }) => message);
}

function commandFaults({ name, content }, { scripts = {}, packageManager = '' }) {
  const commands = content.replace(/^\s*#.*$/gm, '');
  return [...commands.matchAll(scriptRun)].flatMap(([, version, run, script]) => {
    const isOwn = run === undefined && ownCommands.has(script);
    const isKnown = isOwn || Object.hasOwn(scripts, script);
    const isPinned = version === undefined || packageManager.startsWith(`pnpm@${version}`);
    return [
      ...(isKnown ? [] : [`${name}: it runs '${script}', and package.json has no such script`]),
      ...(isPinned
        ? []
        : [`${name}: it runs pnpm ${version}, and package.json says ${packageManager}`]),
    ];
  });
}
