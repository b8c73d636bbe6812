import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OperatorError } from '../../src/common/error.ts';
import { SILENT_LOG } from '../../src/common/port.ts';
import { parseConfig } from '../../src/config/parse.ts';
import type { HostAccess } from '../../src/host/access.ts';
import { type HostService, openHostService } from '../../src/install/io/host-service.ts';
import { allocate } from '../../src/inventory/allocate.ts';
import { openStore, type Store } from '../../src/io/store/store.ts';
import { makeSets } from '../../src/rehearsal/io/sets.ts';
import type { ApplyView } from '../../src/web/host-operator.ts';
import { allocationHost } from '../../src/web/routes/allocation-host.ts';
import { FakeClock } from '../fakes/clock.ts';
import { known, type ModelHost, modelHost } from './model-host.ts';

const KEY = `ssh-ed25519 ${Buffer.concat([Buffer.from('\0\0\0\x0bssh-ed25519\0\0\0\x20'), Buffer.alloc(32)]).toString('base64')}`;

/** A release for which nobody has a key yet. */
const RELEASE = '9.7';

let directory: string;
let store: Store;
const config = () =>
  parseConfig(
    `stateDirectory = "${directory}/state"
subnets = [{ cidr = "192.0.2.0/24", router = "192.0.2.1", bootAddress = "192.0.2.2", domain = "example.net" }]
netboot.setsDirectory = "${directory}/sets"
[[hosts]]
name = "vmm1"
dhcp = "dhcpd"
lladdrPrefix = "fe:e1:bb:d1:4c"
ipv4Range = "192.0.2.10-192.0.2.49"
ipv6Prefix = "2001:db8:0:100::/56"
vmDefaults.release = "${RELEASE}"
`,
    'puffboot.toml',
  );

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'puffboot-apply-'));
  await makeSets(join(directory, 'sets'), RELEASE, 'amd64');
  store = await openStore(join(directory, 'state'), { log: SILENT_LOG });
  const [host] = config().hosts;
  if (host === undefined) throw new Error('no host');
  for (const [name, owner] of [
    ['web1', 'puffy'],
    ['web2', 'blowfish'],
  ] as const) {
    const order = { name, host: null, owner, sshKeys: [`${KEY} first-password`] };
    await store.addVm((existing) => allocate(order, [allocationHost(host)], existing, 0));
  }
});
afterAll(async () => {
  await store.close();
  await rm(directory, { recursive: true });
});

function serviceOn(
  access: HostAccess,
  holder = 'local@here:/var/puffboot',
  clock = new FakeClock(),
): HostService {
  return openHostService({
    config: config(),
    store,
    accessOf: () => access,
    keyDirectories: ['/nonexistent'],
    holder,
    clock,
    log: SILENT_LOG,
  });
}

/** Applies and waits for the end. */
async function apply(service: HostService, digest: string | null = null): Promise<ApplyView> {
  await service.apply('vmm1', digest);
  await service.settled();
  const view = service.applied('vmm1');
  if (view === null) throw new Error('nothing was applied');
  return view;
}

const CHANGES =
  /^(groupadd|usermod|useradd|su|install|rm|ln|vmctl (create|load|reload)|rcctl|pfctl -f|ifconfig|vmd -n|doas -C|dhcpd -n)/;

/** The host with its n-th change failing; with `crash`, nothing works after it, as if the process had been killed. */
function failingAt(
  host: HostAccess,
  n: number,
  crash: boolean,
): HostAccess & { readonly count: () => number } {
  let count = 0;
  const guard = (what: string) => {
    count += 1;
    if (count === n || (crash && count > n))
      throw new OperatorError('HOST_COMMAND', `${what} failed, number ${n}`);
  };
  return {
    ...host,
    count: () => count,
    async run(argv, options) {
      if (CHANGES.test(argv.join(' '))) guard(argv.join(' '));
      return host.run(argv, options);
    },
    async write(path, content, options) {
      guard(`write ${path}`);
      return host.write(path, content, options);
    },
  };
}

/** All that an apply leaves, but backups, and what is loaded, which after a failure is less. */
const traces = ({ host }: ModelHost) =>
  Object.fromEntries(
    [...host.files]
      .filter(([path]) => !/\.puffboot$|load\.conf$/.test(path))
      .map(([path, { bytes, mode }]) => [
        path,
        `${mode.toString(8)} ${Buffer.from(bytes).toString('latin1')}`,
      ]),
  );

describe('apply', () => {
  it('makes an empty host as it is wanted; then there is nothing to do', async () => {
    const model = modelHost();
    const service = serviceOn(model.host);
    const view = await apply(service);
    expect(view).toMatchObject({ state: 'done', error: null });
    expect(view.steps.every(({ state }) => state === 'done')).toBe(true);
    await expect(`${view.steps.map(({ says }) => says).join('\n')}\n`).toMatchFileSnapshot(
      '../../fixtures/plan/apply.txt',
    );
    expect(await known(model)).toEqual(['web1', 'web2']);
    expect(await service.plan('vmm1')).toMatchObject({ diffs: [], steps: [], faults: [] });
    expect(JSON.stringify(traces(model))).not.toContain('first-password');
    expect(Object.keys(traces(model)).filter((path) => /new\.|lock|pending|load/.test(path))).toEqual([]);
  });

  it('keeps what it replaces, with the date', async () => {
    const { host } = modelHost();
    await apply(serviceOn(host));
    expect(host.text('/etc/doas.conf.20260102030405.puffboot')).toBe('permit nopass _puffboot as root\n');
  });

  it.each([false, true])(
    'fails at every change in turn, does nothing after it, and goes on (crash: %s)',
    async (crash) => {
      const whole = modelHost();
      await apply(serviceOn(whole.host));
      let failures = 0;
      for (let n = 1; ; n += 1) {
        const model = modelHost();
        const broken = failingAt(model.host, n, crash);
        const view = await apply(serviceOn(broken));
        if (broken.count() < n) break;
        if (view.state === 'failed') {
          failures += 1;
          expect(view.error?.message).toContain(`number ${n}`);
          const states = view.steps.map(({ state }) => state);
          const done = states.lastIndexOf('done') + 1;
          expect(states.slice(done).every((state, at) => state === (at === 0 ? 'failed' : 'left'))).toBe(
            true,
          );
        }
        const again = await apply(serviceOn(model.host));
        expect([n, again.state, again.error]).toEqual([n, 'done', null]);
        expect(traces(model)).toEqual(traces(whole));
        expect(await known(model)).toEqual(['web1', 'web2']);
      }
      expect(failures).toBeGreaterThan(20);
    },
  );

  it('replaces nothing when a new file is refused', async () => {
    const { host } = modelHost();
    host.on(/^doas -C /, { status: 1, stderr: 'doas: syntax error at line 3\n' });
    const view = await apply(serviceOn(host));
    expect(view.error?.message).toMatch(/doas -C \/etc\/puffboot\/new\.doas\.conf failed .*syntax error/);
    expect([host.text('/etc/vm.conf'), host.text('/etc/doas.conf')]).toEqual([
      null,
      'permit nopass _puffboot as root\n',
    ]);
  });

  it('does not touch a file that somebody changes meanwhile', async () => {
    const { host } = modelHost();
    host.on(/^doas -C /, () => {
      host.put('/etc/doas.conf', 'theirs\n');
      return '';
    });
    const view = await apply(serviceOn(host));
    expect(view.error).toMatchObject({ code: 'HOST_CHANGED' });
    expect(host.text('/etc/doas.conf')).toBe('theirs\n');
  });

  it('carries out only the plan that was shown', async () => {
    const { host } = modelHost();
    const shown = await serviceOn(host).plan('vmm1');
    host.put('/etc/doas.conf', 'other\n');
    expect((await apply(serviceOn(host), shown.digest)).error).toMatchObject({ code: 'HOST_CHANGED' });
    expect((await apply(serviceOn(host), (await serviceOn(host).plan('vmm1')).digest)).state).toBe('done');
  });

  it('lets the second of two wait, which then finds nothing to do', async () => {
    const { host } = modelHost();
    const service = serviceOn(host);
    const [first, second] = [await service.apply('vmm1', null), await service.apply('vmm1', null)];
    expect([first.state, second.state]).toEqual(['running', 'waiting']);
    await service.settled();
    expect(service.applied('vmm1')).toMatchObject({ id: second.id, state: 'done', steps: [] });
  });

  it('says who else changes the host, and takes over from one that fell silent', async () => {
    const { host } = modelHost();
    const note = { holder: 'other@there:/x', pid: 7, claim: 'c', at: 0 };
    host.put('/etc/puffboot/apply.lock', JSON.stringify(note));
    const clock = new FakeClock(1000);
    const view = await apply(serviceOn(host, 'me@here:/x', clock));
    expect(view.error).toEqual({
      code: 'HOST_LOCKED',
      message: expect.stringContaining('vmm1 is being changed by other@there:/x (process 7) since 1970'),
    });
    expect(host.written).toHaveLength(1);
    clock.advance(11 * 60_000);
    expect((await apply(serviceOn(host, 'me@here:/x', clock))).state).toBe('done');
  });

  it('stops when another one takes its lock', async () => {
    const { host } = modelHost();
    const clock = new FakeClock();
    host.on(/^groupadd /, () => {
      clock.advance(5_000);
      host.put('/etc/puffboot/apply.lock', JSON.stringify({ holder: 'o', pid: 7, claim: 'c', at: 0 }));
      return '';
    });
    expect((await apply(serviceOn(host, 'me@here:/x', clock))).error).toMatchObject({ code: 'HOST_LOCKED' });
    expect(host.text('/etc/puffboot/apply.lock')).toContain('"claim":"c"');
  });

  it('tells that vmd does not answer', async () => {
    const { host } = modelHost();
    host.on(/^vmctl status$/, {
      status: 1,
      stderr: 'vmctl: connect: /var/run/vmd.sock: No such file or directory\n',
    });
    await expect(serviceOn(host).plan('vmm1')).rejects.toMatchObject({
      code: 'HOST_COMMAND',
      message: expect.stringContaining('/var/run/vmd.sock'),
    });
  });
});
