import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SILENT_LOG } from '../../../src/common/port.ts';
import { parseConfig } from '../../../src/config/parse.ts';
import { openStore, type Store } from '../../../src/io/store/store.ts';
import { dispatch } from '../../../src/web/dispatch.ts';
import type { InstallView, VmView } from '../../../src/web/operator.ts';
import { VM_ROUTES, type VmContext } from '../../../src/web/routes/vm.ts';
import { sampleInstall } from '../../contract/store.ts';

const LIVE: InstallView = {
  id: 'live',
  mode: 'install',
  state: 'installing',
  phases: [],
  progress: { stage: 'fetch', file: 'base76.tgz', percent: 42 },
  question: null,
  failure: null,
  queue: null,
  live: true,
};

describe('VM routes', () => {
  let directory: string;
  let store: Store;
  let context: VmContext;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'puffboot-routes-'));
    store = await openStore(directory, { log: SILENT_LOG });
    const config = parseConfig(await readFile('examples/puffboot.toml', 'utf8'), 'example');
    context = { store, config, now: () => 1234 };
  });
  afterEach(async () => {
    await store.close();
    await rm(directory, { recursive: true });
  });

  const call = (method: string, path: string, body?: unknown) =>
    dispatch(VM_ROUTES, context, method, path, body) as Promise<VmView>;
  const refused = (message: string) => expect.objectContaining({ code: 'VM_REFUSED', message });

  it('adds a VM with the defaults of its host', async () => {
    expect(await call('POST', '/vms', { name: 'web1' })).toMatchObject({
      name: 'web1',
      host: 'vmm1',
      ipv4: '192.0.2.10',
      ipv6: '2001:db8:0:100::/64',
      memoryMiB: 1024,
      sets: ['-game*', '-x*'],
      timezone: 'Europe/Amsterdam',
      createdAt: 1234,
      install: null,
    });
    expect(await call('GET', '/vms')).toHaveLength(1);
  });

  it.each([
    ['nothing', undefined, 'the body: expected an object'],
    ['a list', [], 'the body: expected an object'],
    ['an empty object', {}, 'name: expected a text'],
    [
      'unknown and badly typed properties, all at once',
      { name: 'web1', sshKeys: [1], memoryMiB: '1G', diskFormat: 'vmdk', id: 7, 'a"\u001b': 1 },
      'sshKeys.0: expected a text\nmemoryMiB: expected a number\ndiskFormat: expected raw or qcow2\n"id" is no property of a VM that can be given\n"a\\"\\u001b" is no property of a VM that can be given',
    ],
    [
      'what vmd would refuse',
      { name: '1' },
      'name must start with a letter (found "1")\nname must not be all digits, which vmctl(8) takes for an id (found "1")',
    ],
  ])('refuses a body of %s', async (_, body, message) => {
    await expect(call('POST', '/vms', body)).rejects.toThrowError(refused(message));
    expect(await call('GET', '/vms')).toEqual([]);
  });

  it.each(['name', 'host', 'id', 'lladdr', 'ipv4', 'ipv6', 'arch', 'createdAt', '__proto__'])(
    'refuses to change %s',
    async (property) => {
      await call('POST', '/vms', { name: 'web1' });
      const body: unknown = JSON.parse(`{"${property}": "x"}`);
      await expect(call('PATCH', '/vms/web1', body)).rejects.toThrowError(
        refused(`"${property}" is no property of a VM that can be given`),
      );
    },
  );

  it('keeps the comments of keys in the store and shows them to nobody', async () => {
    const field = (text: string) => Buffer.concat([Buffer.from([0, 0, 0, text.length]), Buffer.from(text)]);
    const key = `ssh-rsa ${Buffer.concat([field('ssh-rsa'), field('abc')]).toString('base64')}`;
    const added = await call('POST', '/vms', { name: 'web1', sshKeys: [`${key} hunter2`] });
    const changed = await call('PATCH', '/vms/web1', { memoryMiB: 2048 });
    expect([added.sshKeys, changed.sshKeys]).toEqual([[key], [key]]);
    expect((await store.findVm('web1'))?.sshKeys).toEqual([`${key} hunter2`]);
  });

  it('shows the last install as stored where nothing runs', async () => {
    await call('POST', '/vms', { name: 'vm1' });
    const { id, mode, state, phases, failure } = sampleInstall('a');
    await store.createInstall(sampleInstall('a'));
    const install = {
      id,
      mode,
      state,
      phases,
      failure,
      question: null,
      queue: null,
      progress: null,
      live: false,
    };
    expect((await call('GET', '/vms/vm1')).install).toEqual(install);
  });

  it('shows the install as it is, and tells of every change, where something runs', async () => {
    let told = 0;
    const installs = {
      installView: async () => LIVE,
      refresh: async () => {
        told += 1;
        throw new Error('netboot is away');
      },
    };
    context = { ...context, installs };
    expect((await call('POST', '/vms', { name: 'web1' })).install).toEqual(LIVE);
    await call('PATCH', '/vms/web1', { memoryMiB: 2048 });
    await call('GET', '/vms/web1');
    await expect(call('PATCH', '/vms/web1', { memoryMiB: 1 })).rejects.toThrowError();
    expect(told).toBe(2);
  });
});
