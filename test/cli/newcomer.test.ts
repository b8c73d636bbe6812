import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { puffboot, type Ran } from '../support/puffboot.ts';

/** Errors that somebody makes in the first hour: one sentence with the fix, and never a stack trace. */
let directory: string;
let config: string;
/** Its own, so that two runs on one machine leave each other alone. */
const NET = `127.77.${64 + (process.pid % 128)}`;
const isRoot = userInfo().username === 'root';

interface ConfigChoice {
  readonly dhcpPort?: number;
  readonly webPort?: number;
  readonly bootAddress?: string;
}

/** A name of its own each time, because a test may hold another one's open. */
async function writeConfig(name: string, choice: ConfigChoice = {}): Promise<string> {
  const { dhcpPort = 26767, webPort = 28080, bootAddress = `${NET}.1` } = choice;
  const file = join(directory, `${name}.toml`);
  const text = `
stateDirectory = "${directory}/${name}-state"
[serve]
operateUser = "${userInfo().username}"
[netboot]
dhcpPort = ${dhcpPort}
tftpPort = 26969
httpPort = 28081
broadcast = false
setsDirectory = "${directory}/sets"
[web]
port = ${webPort}
[[subnets]]
cidr = "${NET}.0/24"
router = "${NET}.1"
bootAddress = "${bootAddress}"
[[hosts]]
name = "host1"
become = []
lladdrPrefix = "fe:e1:bb:d1:4c"
ipv4Range = "${NET}.10-${NET}.11"
capacity = 2
`;
  await writeFile(file, isRoot ? text.replace('[netboot]', 'netbootUser = "nobody"\n[netboot]') : text);
  return file;
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'puffboot-newcomer-'));
  config = await writeConfig('good');
});
afterAll(() => rm(directory, { recursive: true, force: true }));

function expectOneSentence({ status, stderr }: Ran, words: RegExp, expectedStatus = 1): void {
  expect(stderr).toMatch(words);
  expect(stderr).toMatch(/^puffboot: .*\n(.*\n)* {2}fix: .+\n$/m);
  expect(stderr).not.toMatch(/^\s+at |node:internal/m);
  expect(status).toBe(expectedStatus);
}

describe('a newcomer', () => {
  it('has no configuration', async () => {
    const ran = await puffboot(['vm', 'list'], { cwd: directory, env: { PUFFBOOT_CONFIG: '' } });
    expectOneSentence(ran, /puffboot\.toml/);
  });

  it('names a configuration that is not there', async () => {
    expectOneSentence(await puffboot(['check', '-f', '/nowhere/puffboot.toml']), /\/nowhere\/puffboot\.toml/);
  });

  it('mistypes a command', async () => {
    const { status, stderr } = await puffboot(['instal', 'web1']);
    expect([status, stderr]).toEqual([2, expect.stringMatching(/unknown command 'instal'[\s\S]*install/)]);
  });

  it('asks for a VM that does not exist', async () => {
    expectOneSentence(await puffboot(['vm', 'show', 'ghost', '-f', config]), /ghost/);
  });

  it.each([
    ['a quote', 'we"b'],
    ['a digit first', '7web'],
    ['64 characters', 'a'.repeat(64)],
    ['a newline', 'web\n1'],
  ])('chooses a name with %s', async (_, name) => {
    expectOneSentence(await puffboot(['vm', 'add', name, '-f', config]), /name /);
  });

  it('installs before serve runs', async () => {
    await puffboot(['vm', 'add', 'early', '-f', config]);
    expectOneSentence(await puffboot(['install', 'early', '-f', config]), /puffboot serve/);
  });

  it('fills the host', async () => {
    await puffboot(['vm', 'add', 'second', '-f', config]);
    expectOneSentence(await puffboot(['vm', 'add', 'third', '-f', config]), /full|room/);
  });

  it('adds the same name twice', async () => {
    expectOneSentence(await puffboot(['vm', 'add', 'early', '-f', config]), /early/);
  });

  it('starts serve while the web port is taken', async () => {
    const other = createServer();
    const port = await new Promise<number>((resolve) => {
      other.listen(0, '127.0.0.1', () => resolve(Number(Object(other.address()).port)));
    });
    const ran = await puffboot(['serve', '-f', await writeConfig('taken', { webPort: port })]);
    other.close();
    expectOneSentence(ran, new RegExp(`127\\.0\\.0\\.1.*${port}|${port}.*127\\.0\\.0\\.1`));
  });

  it('serves on an address that this machine does not have', async () => {
    const file = await writeConfig('foreign', { bootAddress: `${NET}.1` });
    const text = (await import('node:fs/promises')).readFile;
    await writeFile(file, (await text(file, 'utf8')).replaceAll(`${NET}.`, '198.51.100.'));
    expectOneSentence(await puffboot(['serve', '-f', file]), /198\.51\.100\.1/);
  });

  it.skipIf(isRoot)('serves on port 67, not as root', async () => {
    const ran = await puffboot(['serve', '-f', await writeConfig('low', { dhcpPort: 67 })]);
    expectOneSentence(ran, /67/);
  });

  it.skipIf(isRoot)('has a state directory that it may not write, not as root', async () => {
    const file = await writeConfig('readonly');
    await mkdir(join(directory, 'readonly-state'));
    await chmod(join(directory, 'readonly-state'), 0o500);
    expectOneSentence(await puffboot(['vm', 'list', '-f', file]), /readonly-state/);
  });
});
