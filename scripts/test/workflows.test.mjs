import { expect, test } from 'vitest';
import { actionFaults, workflowFaults } from '../workflows/faults.mjs';

const manifest = { scripts: { build: '', 'check:pack': '' }, packageManager: 'pnpm@12.21.0' };

/** As a workflow writes it; written so in code, it would look like a forgotten template. */
const expression = (text) => ['$', `{{ ${text} }}`].join('');

const faultsOf = (step, job = '') =>
  workflowFaults(
    {
      name: 'ci.yml',
      content: `on: push
jobs:
  test:
    runs-on: ubuntu-latest
${job}
    steps:
      - ${step}
`,
    },
    manifest,
  );

test('a workflow that is well has no faults', async () => {
  expect(await faultsOf('run: npx -y pnpm@12.21.0 run check:pack && pnpm install')).toEqual([]);
  expect(await faultsOf(`run: npm ci && npm run build # ${expression('github.sha')}`)).toEqual([]);
});

test('a key that there is not is refused, and YAML that is none', async () => {
  expect(await faultsOf('run: pnpm build', '    bogus: 1')).toEqual([
    expect.stringContaining("Unexpected value 'bogus'"),
  ]);
  expect(await faultsOf('run: [')).not.toEqual([]);
});

test('an expression that does not parse is refused, and one that names what there is not', async () => {
  expect(await faultsOf(`run: echo ${expression('github.sha ==')}`)).not.toEqual([]);
  expect(await faultsOf(`run: echo ${expression('secret.TOKEN')}`)).not.toEqual([]);
  expect(await faultsOf(`run: echo ${expression('nothing()')}`)).not.toEqual([]);
});

test('a job that waits for one that there is not is refused', async () => {
  expect(await faultsOf('run: pnpm build', '    needs: nobody')).not.toEqual([]);
});

test('a script that package.json does not have is refused, and another version of pnpm', async () => {
  expect(await faultsOf('run: npx -y pnpm@12.21.0 run chekc:pack')).toEqual([
    "ci.yml: it runs 'chekc:pack', and package.json has no such script",
  ]);
  expect(await faultsOf('run: pnpm biuld')).toHaveLength(1);
  expect(
    await faultsOf('uses: some/action@v1\n        with:\n          publish: npm run relase'),
  ).toEqual(["ci.yml: it runs 'relase', and package.json has no such script"]);
  expect(await faultsOf('run: npx -y pnpm@12.20.0 build')).toEqual([
    'ci.yml: it runs pnpm 12.20.0, and package.json says pnpm@12.21.0',
  ]);
});

test('an action is held to the same', () => {
  const faultsOfAction = (step) =>
    actionFaults(
      {
        name: 'action.yml',
        content: `name: a\ndescription: b\nruns:\n  using: composite\n  steps:\n    - ${step}\n`,
      },
      manifest,
    );
  expect(faultsOfAction('run: pnpm build\n      shell: bash')).toEqual([]);
  expect(faultsOfAction('run: pnpm biuld\n      shell: bash')).toHaveLength(1);
  expect(faultsOfAction('run: pnpm build\n      bogus: 1')).not.toEqual([]);
});
