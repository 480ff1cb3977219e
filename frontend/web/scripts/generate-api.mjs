// Writes the API's types from the contracts in docs/openapi; with --check it only says which file is out of date.
import { readFile, writeFile } from 'node:fs/promises';
import openapiTS, { astToString } from 'openapi-typescript';

const contracts = {
  'src/api/schema.d.ts': '../../docs/openapi/backend-api.yaml',
};
const check = process.argv.includes('--check');
const root = new URL('../', import.meta.url);
let stale = 0;

for (const [target, source] of Object.entries(contracts)) {
  const text =
    `// Generated from docs/openapi/${source.split('/').pop()} by "npm run gen". Do not edit.\n\n` +
    astToString(await openapiTS(new URL(source, root), { silent: true }));
  const current = await readFile(new URL(target, root), 'utf8').catch(() => '');
  if (current === text) continue;
  if (check) {
    console.error(`${target} is not what docs/openapi says; run npm run gen`);
    stale += 1;
  } else {
    await writeFile(new URL(target, root), text);
    console.log(`${target} written`);
  }
}
process.exitCode = stale > 0 ? 1 : 0;
