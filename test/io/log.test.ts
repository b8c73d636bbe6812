import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const LOG = pathToFileURL(resolve('dist/src/io/log.js')).href;

it('goes on with a line of its own where a full disk took half of one', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'puffboot-log-'));
  const file = join(directory, 'log');
  // Room is made, as newsyslog(8) does it, but the half line stays.
  const program = `import { readFileSync, writeFileSync } from 'node:fs';
    import { openLog } from '${LOG}';
    const log = openLog('test', 'info');
    for (let count = 0; count < 20; count += 1) log.error('before', { count });
    const full = readFileSync('${file}');
    writeFileSync('${file}', full.subarray(full.lastIndexOf(10) + 1));
    for (let count = 0; count < 2; count += 1) log.error('after', { count });`;
  await writeFile(join(directory, 'program.mjs'), program);
  // A file that may not grow is a disk that is full, for a program; 1 is at most 1024 bytes.
  const limited = `trap '' XFSZ; ulimit -f 1; exec '${process.execPath}' program.mjs 2>>log`;
  await promisify(execFile)('sh', ['-c', limited], { cwd: directory });
  const [half, ...whole] = (await readFile(file, 'utf8')).split('\n');
  expect(half).toMatch(/^\{.*[^}]$/);
  expect(whole.pop()).toBe('');
  expect(whole.map((line) => JSON.parse(line))).toMatchObject([
    { event: 'after', count: 0 },
    { event: 'after', count: 1 },
  ]);
  await rm(directory, { recursive: true });
});
