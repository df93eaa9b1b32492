// Measures one contender and sends what it found to the parent.
import { nanosecondsEach } from './measure.mjs';

const [claimName, tableIndex, contenderName, effortJson] = process.argv.slice(2);

async function figures() {
  const { default: claim } = await import(`../claims/${claimName}.mjs`);
  const effort = JSON.parse(effortJson);
  const result = await claim.tables[tableIndex].contenders[contenderName](effort);
  if (typeof result === 'number') return { '': result };
  return 'run' in result ? { '': await nanosecondsEach(result, effort) } : result;
}

/** @param {object} answer */
function finish(answer) {
  process.send?.(answer, () => process.exit(0));
}

figures().then(
  (found) => finish({ figures: found }),
  (error) => finish({ error: String(error?.message ?? error).split('\n', 1)[0] }),
);
