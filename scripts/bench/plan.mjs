// How long it takes to render every file of a host with 40 VMs: its own files, and each VM's response files; and to
// plan 250 such hosts, from what is in the inventory and what was found there. There is no peer to put beside it:
// operators write these files by hand or with a script of their own.
import { performance } from 'node:perf_hooks';
import { renderResponseFile } from '../../dist/src/autoinstall/response-file.js';
import { parseConfig } from '../../dist/src/config/parse.js';
import { planHost } from '../../dist/src/host/plan/plan.js';
import { answersOf } from '../../dist/src/install/catalog.js';
import { HOST_FILES, renderHostFile } from '../../dist/src/install/host-files.js';
import { hostPaths } from '../../dist/src/install/host-paths.js';
import { wantedOf } from '../../dist/src/install/wanted.js';
import { allocate } from '../../dist/src/inventory/allocate.js';
import { allocationHost } from '../../dist/src/web/routes/allocation-host.js';

const VMS = 40;
const ROUNDS = 200;
const GOAL_MS = 20;
const HOSTS = 250;
const PLAN_GOAL_MS = 1000;
const CONFIG = `
subnets = [{ cidr = "192.0.2.0/24", router = "192.0.2.1", bootAddress = "192.0.2.2", domain = "example.net" }]
[[hosts]]
name = "vmm1"
lladdrPrefix = "fe:e1:bb:d1:4c"
ipv4Range = "192.0.2.10-192.0.2.49"
ipv6Prefix = "2001:db8:0:100::/56"
`;

export async function bench() {
  const config = parseConfig(CONFIG, 'puffboot.toml');
  const [host] = config.hosts;
  const vms = [];
  for (let number = 1; number <= VMS; number++) {
    const order = {
      name: `web.${number}`,
      host: null,
      owner: `owner${number}`,
      diskSizesMiB: [20_480, 51_200],
    };
    vms.push(allocate(order, [allocationHost(host)], vms, 0));
  }
  const scene = { config, host, vms, stopped: new Set(vms.slice(0, 4).map(({ name }) => name)) };

  const first = timed(scene);
  const times = Array.from({ length: ROUNDS }, () => timed(scene).ms).sort((a, b) => a - b);
  print('files rendered', `${first.files}, ${first.bytes} bytes`);
  print('the first time, cold', ms(first.ms));
  print(`median of ${ROUNDS}`, ms(times[ROUNDS / 2]));
  print('99 of 100 within', ms(times[Math.floor(ROUNDS * 0.99) - 1]));
  print(`goal: under ${GOAL_MS} ms`, first.ms < GOAL_MS ? 'met, cold too' : 'missed when cold');
  planHosts();
}

/** Each host has 40 VMs, of which a tenth is not there yet. */
function planHosts() {
  const scenes = Array.from({ length: HOSTS }, (_, number) => hostScene(number));
  const begun = performance.now();
  let steps = 0;
  for (const { config, host, vms, seen } of scenes) {
    const wanted = wantedOf({ config, host, vms }, [], [], () => ({
      kind: 'signed',
      file: '/bsd.rd',
      sha256: 'aa',
    }));
    steps += planHost(wanted, seen).steps.length;
  }
  const took = performance.now() - begun;
  print('plan', `${HOSTS} hosts, ${HOSTS * VMS} VMs, ${steps} steps`);
  print('all of them, once', ms(took));
  print(`goal: under ${PLAN_GOAL_MS} ms`, took < PLAN_GOAL_MS ? 'met' : 'missed');
}

function hostScene(number) {
  const config = parseConfig(CONFIG, 'puffboot.toml');
  const [host] = config.hosts;
  const vms = [];
  for (let id = 1; id <= VMS; id++) {
    const order = { name: `vm${number}.${id}`, host: null, owner: `owner${number}` };
    vms.push(allocate(order, [allocationHost(host)], vms, 0));
  }
  const old = vms.slice(0, VMS * 0.9);
  const scene = { config, host, vms: old, stopped: new Set(old.map(({ name }) => name)) };
  const files = ['vm.conf', 'doas.conf', 'hostname.if'].map((kind) => [
    HOST_FILES[kind].path(host),
    `# the operator's own\n${renderHostFile(kind, scene)}`,
  ]);
  const seen = {
    me: { login: 'root', groups: [] },
    files: { ...Object.fromEntries(files), '/etc/pf.conf': 'pass\n' },
    vms: old.map(({ name }, id) => ({ id, name, state: 'stopped', tty: null })),
    socketGroup: 'vmdusers',
    groups: ['vmdusers', '_puffboot'].map((name) => ({ name, members: [`owner${number}`] })),
    logins: [{ name: `owner${number}`, comment: 'owner,puffboot', home: '/home/o', shell: '/bin/ksh' }],
    directories: { '/home/vm': old.flatMap((vm) => hostPaths(host, vm).disks).map((path) => path.slice(9)) },
    kernels: {},
    interfaces: {},
    services: {},
    keyFiles: {},
    pending: {},
  };
  return { config, host, vms, seen };
}

function timed(scene) {
  const begun = performance.now();
  const texts = Object.keys(HOST_FILES).map((kind) => renderHostFile(kind, scene));
  for (const vm of scene.vms) {
    for (const mode of ['install', 'upgrade']) {
      texts.push(renderResponseFile(answersOf(scene.config, vm, mode)));
    }
  }
  const ms = performance.now() - begun;
  return { ms, files: texts.length, bytes: texts.reduce((sum, text) => sum + text.length, 0) };
}

const ms = (value) => `${value.toFixed(2)} ms`;
const print = (what, figure) => console.log(`${what.padEnd(32)} ${figure}`);
