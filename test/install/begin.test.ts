import { expect, it } from 'vitest';
import { parseConfig } from '../../src/config/parse.ts';
import { ourHostOf } from '../../src/install/io/begin.ts';
import { allocate } from '../../src/inventory/allocate.ts';
import { allocationHost } from '../../src/web/routes/allocation-host.ts';
import { KEY } from '../support/rig.ts';

it.each([
  ['its own node', 'ams', null],
  ['another node', 'fra', 'HOST_ELSEWHERE'],
])('an order for a host of %s', (_, node, code) => {
  const config = parseConfig(
    `node = "ams"
subnets = [{ cidr = "192.0.2.0/24", router = "192.0.2.1", bootAddress = "192.0.2.2" }]
[[hosts]]
name = "vmm1"
node = "${node}"
lladdrPrefix = "fe:e1:bb:d1:4c"
ipv4Range = "192.0.2.10-192.0.2.49"
`,
    'puffboot.toml',
  );
  const [host] = config.hosts;
  if (host === undefined) throw new Error('no host');
  const vm = allocate(
    { name: 'web1', host: null, owner: 'puffy', sshKeys: [KEY] },
    [allocationHost(host)],
    [],
    0,
  );
  if (code === null) expect(ourHostOf(config, vm)).toBe(host);
  else expect(() => ourHostOf(config, vm)).toThrow(expect.objectContaining({ code }));
});
