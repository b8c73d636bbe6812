// How each server is started for the same work: argv, and the ports that show it has started.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BITS, SERVER, which } from './lab.mjs';
import { BARE } from './table.mjs';

const NETWORK = '10.77.0.0';
const MASK = '255.255.0.0';
const SETS = 'pub/OpenBSD/7.6/amd64';
const READY_PORT = 6900;

/** @param reservations `{ lladdr, address }` each */
export function dhcpServers(directory, reservations) {
  const file = writer(directory);
  const hosts = (render) => reservations.map(render);
  return [
    [
      'ISC dhcpd',
      which('dhcpd'),
      (path) => {
        const config = file('dhcpd.conf', [
          `option routers ${SERVER}; default-lease-time 3600; max-lease-time 3600; authoritative;`,
          `subnet ${NETWORK} netmask ${MASK} { next-server ${SERVER}; filename "auto_install"; }`,
          ...hosts(
            ({ lladdr, address }, i) =>
              `host h${i} { hardware ethernet ${lladdr}; fixed-address ${address}; }`,
          ),
        ]);
        return [path, '-4', '-f', '-q', '-cf', config, '-lf', file('dhcpd.leases', []), '--no-pid', 'lan'];
      },
    ],
    [
      'Kea',
      which('kea-dhcp4'),
      (path) => {
        mkdirSync('/run/kea', { recursive: true });
        const config = file('kea.json', [
          JSON.stringify({
            Dhcp4: {
              'interfaces-config': { interfaces: ['lan'], 'dhcp-socket-type': 'udp' },
              'lease-database': { type: 'memfile', persist: false },
              'valid-lifetime': 3600,
              'host-reservation-identifiers': ['hw-address'],
              'next-server': SERVER,
              'boot-file-name': 'auto_install',
              subnet4: [
                {
                  subnet: `${NETWORK}/${BITS}`,
                  reservations: hosts(({ lladdr, address }) => ({
                    'hw-address': lladdr,
                    'ip-address': address,
                  })),
                },
              ],
              loggers: [{ name: 'kea-dhcp4', severity: 'FATAL' }],
            },
          }),
        ]);
        return ['env', 'KEA_LOCKFILE_DIR=none', `KEA_PIDFILE_DIR=${directory}`, path, '-c', config];
      },
    ],
    [
      'dnsmasq',
      which('dnsmasq'),
      (path) => {
        const config = file('dnsmasq.conf', [
          'port=0',
          'keep-in-foreground',
          'user=root',
          'quiet-dhcp',
          'log-facility=/dev/null',
          'no-ping',
          'leasefile-ro',
          'bind-dynamic',
          'interface=lan',
          'dhcp-lease-max=30000',
          'dhcp-authoritative',
          `dhcp-range=${NETWORK},static,${MASK},3600`,
          `dhcp-boot=auto_install,,${SERVER}`,
          ...hosts(({ lladdr, address }) => `dhcp-host=${lladdr},${address}`),
        ]);
        return [path, '-C', config];
      },
    ],
  ].map((row) => toServer(row, [['udp', 67]]));
}

export function tftpServers(directory, root) {
  const file = writer(directory);
  return [
    ['tftpd-hpa', which('in.tftpd'), (path) => [path, '-L', '-s', '-u', 'root', root]],
    [
      'dnsmasq',
      which('dnsmasq'),
      (path) => [
        path,
        '-C',
        file('tftp.conf', [
          'port=0',
          'keep-in-foreground',
          'user=root',
          'log-facility=/dev/null',
          'enable-tftp',
          `tftp-root=${root}`,
          'tftp-max=100',
        ]),
      ],
    ],
    [
      'atftpd',
      which('atftpd'),
      (path) => [
        path,
        '--daemon',
        '--no-fork',
        '--user',
        'root.root',
        '--maxthread',
        '100',
        '--logfile',
        '/dev/null',
        root,
      ],
    ],
  ].map((row) => toServer(row, [['udp', 69]]));
}

export function httpServers(directory, root) {
  const file = writer(directory);
  return [
    [
      'nginx, sendfile off',
      which('nginx'),
      (path) => [
        path,
        '-c',
        file('nginx.conf', [
          'daemon off; master_process off; user root; error_log /dev/null;',
          `pid ${join(directory, 'nginx.pid')};`,
          'events { worker_connections 1024; }',
          `http { sendfile off; keepalive_requests 100000; access_log ${join(directory, 'access.log')};`,
          `client_body_temp_path ${directory}/t; proxy_temp_path ${directory}/t; fastcgi_temp_path ${directory}/t;`,
          `uwsgi_temp_path ${directory}/t; scgi_temp_path ${directory}/t;`,
          `server { listen 80; root ${root}; } }`,
        ]),
      ],
    ],
  ].map((row) => toServer(row, [['tcp', 80]]));
}

/** The least that Node.js can do; see bare.mjs. Not a peer. */
export function bare(root) {
  const program = fileURLToPath(new URL('bare.mjs', import.meta.url));
  const listens = [
    ['udp', 67],
    ['tcp', 80],
  ];
  return { name: BARE, argv: [process.execPath, program, root], listens };
}

/** The product serves all three; `machines` are armed. */
export function puffboot(directory, machines) {
  const catalog = {
    subnets: [
      {
        cidr: `${NETWORK}/${BITS}`,
        router: SERVER,
        dns: [],
        domain: null,
        leaseSeconds: 3600,
        bootAddress: SERVER,
      },
    ],
    clients: machines.map(({ lladdr, address }, index) => ({
      name: `vm${index}`,
      lladdr,
      address,
      dhcp: true,
      hostName: `vm${index}`,
      armed: {
        token: `benchmark-token-${index}`,
        mode: 'install',
        release: '7.6',
        arch: 'amd64',
        answers: [{ key: 'System hostname', value: `vm${index}` }],
        until: Date.now() + 3_600_000,
      },
    })),
  };
  const settings = writer(directory)(`puffboot-${machines.length}.json`, [
    JSON.stringify({ catalog, setsDirectory: join(directory, 'sets') }),
  ]);
  const program = fileURLToPath(new URL('serve.mjs', import.meta.url));
  return {
    name: 'puffboot',
    argv: [process.execPath, program, settings, String(READY_PORT)],
    listens: [['udp', READY_PORT]],
  };
}

/** Where the sets lie; peers have it as their root. */
export function setsBelow(directory) {
  const root = join(directory, 'sets', SETS);
  mkdirSync(root, { recursive: true });
  chmodSync(directory, 0o755);
  return root;
}

/** A server that is not installed has no argv. */
const toServer = ([name, path, argv], listens) => ({
  name,
  argv: path === null ? null : argv(path),
  listens,
});

const writer = (directory) => (name, lines) => {
  const path = join(directory, name);
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
  return path;
};
