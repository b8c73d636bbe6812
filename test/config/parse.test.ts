import { describe, expect, it } from 'vitest';
import { OperatorError } from '../../src/common/error.ts';
import { inspectConfig, parseConfig, subnetOf } from '../../src/config/parse.ts';

const SUBNET = `[[subnets]]
cidr = "192.0.2.0/24"
router = "192.0.2.1"
bootAddress = "192.0.2.2"
`;
const HOST = `[[hosts]]
name = "vmm1"
lladdrPrefix = "fe:e1:bb:d1:4c"
ipv4Range = "192.0.2.10-192.0.2.49"
`;
const SECOND = `[[hosts]]
name = "vmm2"
lladdrPrefix = "fe:e1:bb:d1:4d"
ipv4Range = "192.0.2.50-192.0.2.89"
`;

/** `line key: message` of every mistake. */
const mistakesOf = (text: string): readonly string[] =>
  inspectConfig(text).mistakes.map(({ line, key, message }) => `${line} ${key}: ${message}`);

interface Row {
  readonly name: string;
  readonly text: string;
  readonly mistakes: readonly string[];
}

const ROWS: readonly Row[] = [
  {
    name: 'an empty file',
    text: '',
    mistakes: [
      '1 subnets: expected one or more [[subnets]] tables (found nothing)',
      '1 hosts: expected one or more [[hosts]] tables (found nothing)',
    ],
  },
  {
    name: 'what is not TOML',
    text: `${SUBNET}router\n${HOST}`,
    mistakes: ['5 : this is not TOML: illegal character in key'],
  },
  {
    name: 'a key given twice',
    text: `${SUBNET}router = "192.0.2.1"\n${HOST}`,
    mistakes: ['5 : this is not TOML: trying to redefine an already defined table or value'],
  },
  {
    name: 'an unknown key, with the nearest known one',
    text: `statedirectory = "/var/puffboot"\n${SUBNET}${HOST}lladrPrefix = 1\ncolour = "red"\n`,
    mistakes: [
      '1 statedirectory: unknown key; did you mean stateDirectory?',
      '10 hosts[0].lladrPrefix: unknown key; did you mean lladdrPrefix?',
      '11 hosts[0].colour: unknown key',
    ],
  },
  {
    name: 'an unknown table',
    text: `${SUBNET}${HOST}[web]\n[webb]\nport = 1\n["a b".__proto__]\n`,
    mistakes: ['10 webb: unknown key; did you mean web?', '12 "a b": unknown key'],
  },
  {
    name: 'values of the wrong type or form, each with what was found',
    text: `${SUBNET}leaseSeconds = 5\ndns = ["192.0.2.300"]\n${HOST}capacity = "many"\n[netboot]\ndhcpPort = 70000\nbroadcast = 1979-05-27\n`,
    mistakes: [
      '5 subnets[0].leaseSeconds: expected seconds, 60 or more (found 5)',
      '6 subnets[0].dns[0]: expected an IPv4 address such as 192.0.2.1 (found "192.0.2.300")',
      '11 hosts[0].capacity: expected a number of VMs from 1 to 254 (the id is one octet of the lladdr) (found "many")',
      '13 netboot.dhcpPort: expected a port from 1 to 65535 (found 70000)',
      '14 netboot.broadcast: expected true or false (found "1979-05-27")',
    ],
  },
  {
    name: 'a missing key, at the line of its table',
    text: `${SUBNET}[[hosts]]\nname = "vmm1"\nlladdrPrefix = "fe:e1:bb:d1:4c"\n`,
    mistakes: [
      '5 hosts[0].ipv4Range: expected FIRST-LAST such as 192.0.2.10-192.0.2.49, the first not above the last (found nothing)',
    ],
  },
  {
    name: 'mistakes of single keys and between keys together',
    text: `${SUBNET}${HOST}capacity = 41\nswitch = "a b"\n${SECOND.replace('4d', '4c').replace('vmm2', 'VMM1')}become = "doas"\n`,
    mistakes: [
      '8 hosts[0].ipv4Range: expected an address for each of capacity = 41 VMs (found 40)',
      '10 hosts[0].switch: expected a switch name of vm.conf(5) (found "a b")',
      '12 hosts[1].name: expected a name of its own (found "VMM1", which clashes with hosts[0])',
      '13 hosts[1].lladdrPrefix: expected a prefix of its own (found "fe:e1:bb:d1:4c", which clashes with hosts[0])',
      '15 hosts[1].become: expected a list, each a command or argument (found "doas")',
    ],
  },
  {
    name: 'defaults of VMs in a table of their own',
    text: `${SUBNET}${HOST}[hosts.vmDefaults]\nmemory = "32M"\ndisks = ["1G", "x"]\nformat = "vmdk"\nsets = ["a b"]\n`,
    mistakes: [
      '10 hosts[0].vmDefaults.memory: expected a size from 64M to 128G (found "32M")',
      '11 hosts[0].vmDefaults.disks[1]: expected a size such as 512M or 20G (found "x")',
      '12 hosts[0].vmDefaults.format: expected "raw" or "qcow2" (found "vmdk")',
      '13 hosts[0].vmDefaults.sets[0]: expected a set name or pattern such as -game* (found "a b")',
    ],
  },
  {
    name: 'too many disks',
    text: `${SUBNET}${HOST}vmDefaults.disks = ["1G", "1G", "1G", "1G", "1G"]\n`,
    mistakes: [
      '9 hosts[0].vmDefaults.disks: expected a list of 1 to 4 sizes such as ["20G"] (found ["1G","1G","1G","1G","1G"])',
    ],
  },
];

const with1 = (from: string, to: string) => `${SUBNET}${HOST}`.replace(from, to);

/** Mistakes between keys: the text differs from a good one in one place. */
const CROSS: readonly Row[] = [
  {
    name: 'a range outside every subnet',
    text: with1('192.0.2.10-192.0.2.49', '198.51.100.10-198.51.100.49'),
    mistakes: [
      '8 hosts[0].ipv4Range: expected addresses of one of the [[subnets]] (found 198.51.100.10-198.51.100.49)',
    ],
  },
  {
    name: 'a range that leaves its subnet',
    text: with1('192.0.2.10-192.0.2.49', '192.0.2.230-192.0.3.49'),
    mistakes: [
      '8 hosts[0].ipv4Range: expected addresses of one of the [[subnets]] (found 192.0.2.230-192.0.3.49)',
    ],
  },
  {
    name: 'a range that runs backwards',
    text: with1('192.0.2.10-192.0.2.49', '192.0.2.49-192.0.2.10'),
    mistakes: [
      '8 hosts[0].ipv4Range: expected FIRST-LAST such as 192.0.2.10-192.0.2.49, the first not above the last (found "192.0.2.49-192.0.2.10")',
    ],
  },
  {
    name: 'a range with addresses that are taken',
    text: with1('192.0.2.10-192.0.2.49', '192.0.2.0-192.0.2.255'),
    mistakes: [
      '8 hosts[0].ipv4Range: expected addresses without the network address of 192.0.2.0/24 (found 192.0.2.0-192.0.2.255)',
      '8 hosts[0].ipv4Range: expected addresses without the broadcast address of 192.0.2.0/24 (found 192.0.2.0-192.0.2.255)',
      '8 hosts[0].ipv4Range: expected addresses without the router 192.0.2.1 (found 192.0.2.0-192.0.2.255)',
      '8 hosts[0].ipv4Range: expected addresses without the bootAddress 192.0.2.2 (found 192.0.2.0-192.0.2.255)',
    ],
  },
  {
    name: 'a range with the bootAddress of another subnet',
    text: `${SUBNET.replaceAll('192.0.2', '198.51.100').replace('198.51.100.2"', '192.0.2.20"')}${SUBNET}${HOST}`,
    mistakes: [
      '12 hosts[0].ipv4Range: expected addresses without the bootAddress 192.0.2.20 (found 192.0.2.10-192.0.2.49)',
    ],
  },
  {
    name: 'a host in a subnet without bootAddress',
    text: with1('bootAddress = "192.0.2.2"\n', ''),
    mistakes: [
      '7 hosts[0].ipv4Range: expected a host in a subnet with a bootAddress, from which its VMs boot (found subnets[0] without)',
    ],
  },
  {
    name: 'a bootAddress that is wrong by itself, told once',
    text: with1('"192.0.2.2"', '"here"'),
    mistakes: ['4 subnets[0].bootAddress: expected an IPv4 address such as 192.0.2.1 (found "here")'],
  },
  ...(
    [
      [
        'a pool outside its subnet',
        'pool = "192.0.3.1-192.0.3.9"',
        'expected addresses of 192.0.2.0/24 (found 192.0.3.1-192.0.3.9)',
      ],
      [
        'a pool with the addresses of a host',
        'pool = "192.0.2.49-192.0.2.60"',
        'expected addresses without hosts[0].ipv4Range (found 192.0.2.49-192.0.2.60)',
      ],
      [
        'a pool with the router in it',
        'pool = "192.0.2.1-192.0.2.1"',
        'expected addresses without the router 192.0.2.1 (found 192.0.2.1-192.0.2.1)',
      ],
    ] as const
  ).map(([name, line, message]) => ({
    name,
    text: `${SUBNET}${line}\n${HOST}`,
    mistakes: [`5 subnets[0].pool: ${message}`],
  })),
  {
    name: 'a pool without a boot address',
    text: `[[subnets]]\ncidr = "198.51.100.0/24"\nrouter = "198.51.100.1"\npool = "198.51.100.9-198.51.100.9"\n${SUBNET}${HOST}`,
    mistakes: [
      '4 subnets[0].pool: expected a bootAddress beside it, from which it is served (found 198.51.100.9-198.51.100.9)',
    ],
  },
  {
    name: 'a pool where two subnets are attached',
    text: `${SUBNET}pool = "192.0.2.60-192.0.2.99"\n[[subnets]]\ncidr = "198.51.100.0/24"\nrouter = "198.51.100.1"\nbootAddress = "198.51.100.2"\n${HOST}`,
    mistakes: [
      '5 subnets[0].pool: expected relayed = true here, or in subnets[1]: a broadcast does not tell from which of the networks it came (found 192.0.2.60-192.0.2.99)',
    ],
  },
  {
    name: 'the leases of pools in the state directory itself',
    text: `stateDirectory = "/var/p"\n${SUBNET}${HOST}[netboot]\nleasesDirectory = "/var/p"\n`,
    mistakes: ['11 netboot.leasesDirectory: expected another directory than stateDirectory (found "/var/p")'],
  },
  {
    name: 'a router outside its subnet',
    text: with1('router = "192.0.2.1"', 'router = "192.0.3.1"'),
    mistakes: ['3 subnets[0].router: expected an address of a machine in 192.0.2.0/24 (found 192.0.3.1)'],
  },
  {
    name: 'subnets that overlap',
    text: `${SUBNET}${SUBNET.replace('/24', '/25')}${HOST}`,
    mistakes: [
      '6 subnets[1].cidr: expected a network apart from the others (found "192.0.2.0/25", which clashes with subnets[0])',
    ],
  },
  {
    name: 'ranges that overlap',
    text: `${SUBNET}${HOST}${SECOND.replace('2.50', '2.49')}`,
    mistakes: [
      '12 hosts[1].ipv4Range: expected a range apart from the others (found "192.0.2.49-192.0.2.89", which clashes with hosts[0])',
    ],
  },
  {
    name: 'a group prefix',
    text: with1('fe:e1', 'ff:e1'),
    mistakes: [
      '7 hosts[0].lladdrPrefix: expected a unicast prefix, its first octet even (found "ff:e1:bb:d1:4c")',
    ],
  },
  {
    name: 'an IPv6 prefix without room',
    text: `${SUBNET}${HOST}ipv6Prefix = "2001:db8::/60"\n`,
    mistakes: ['9 hosts[0].ipv6Prefix: expected a /64 for each of capacity = 40 VMs (found 16)'],
  },
  ...[
    '2001:db8::1/56',
    '2001:db8::/47',
    '2001:db8::/65',
    '192.0.2.0/56',
    '::ffff:1.2.3.4/56',
    'fe80::%em0/64',
  ].map(
    (prefix): Row => ({
      name: `the IPv6 prefix ${prefix}`,
      text: `${SUBNET}${HOST}ipv6Prefix = "${prefix}"\n`,
      mistakes: [
        `9 hosts[0].ipv6Prefix: expected an IPv6 network such as 2001:db8:0:100::/56, from /48 to /64, without host bits (found "${prefix}")`,
      ],
    }),
  ),
  {
    name: 'IPv6 prefixes that overlap, written differently',
    text: `${SUBNET}${HOST}ipv6Prefix = "2001:db8:0:100::/56"\n${SECOND}ipv6Prefix = "2001:0DB8::/48"\n`,
    mistakes: [
      '14 hosts[1].ipv6Prefix: expected a prefix apart from the others (found "2001:db8::/48", which clashes with hosts[0])',
    ],
  },
  {
    name: 'a simulated host without a directory',
    text: `${SUBNET}${HOST}access = "rehearsal"\n`,
    mistakes: ['5 hosts[0].root: expected a directory for the simulated host (found nothing)'],
  },
  {
    name: 'a directory without a simulated host',
    text: `${SUBNET}${HOST}root = "/tmp/x"\n`,
    mistakes: ['9 hosts[0].root: expected only with access = "rehearsal" (found "/tmp/x")'],
  },
  {
    name: 'a host behind ssh without an address',
    text: `${SUBNET}${HOST}access = "ssh"\n`,
    mistakes: ['5 hosts[0].address: expected user@host or a name of ssh_config(5) (found nothing)'],
  },
  {
    name: 'keys of ssh without ssh',
    text: `${SUBNET}${HOST}address = "ops@vmm1"\nsshPort = 2222\n`,
    mistakes: [
      '9 hosts[0].address: expected only with access = "ssh" (found "ops@vmm1")',
      '10 hosts[0].sshPort: expected only with access = "ssh" (found 2222)',
    ],
  },
  {
    name: 'an address that ssh would take for an option',
    text: `${SUBNET}${HOST}access = "ssh"\naddress = "-oProxyCommand=x"\n`,
    mistakes: [
      '10 hosts[0].address: expected user@host or a name of ssh_config(5) (found "-oProxyCommand=x")',
    ],
  },
  {
    name: 'two simulated hosts in one directory',
    text: `${SUBNET}${HOST}access = "rehearsal"\nroot = "/x"\n${SECOND}access = "rehearsal"\nroot = "/x"\n`,
    mistakes: ['16 hosts[1].root: expected a directory of its own (found "/x", which clashes with hosts[0])'],
  },
  {
    name: 'one user for both processes',
    text: `${SUBNET}${HOST}[serve]\nnetbootUser = "_puffboot"\n`,
    mistakes: [
      '10 serve.netbootUser: expected another user than operateUser, so that a hostile packet meets no keys (found "_puffboot")',
    ],
  },
  {
    name: 'one port for two services',
    text: `${SUBNET}${HOST}[netboot]\ntftpPort = 67\n[web]\naddress = "192.0.2.2"\nport = 80\n`,
    mistakes: [
      '10 netboot.tftpPort: expected another port than dhcpPort (found 67)',
      '13 web.port: expected another port than netboot.httpPort, as boot HTTP has the same address (found 80)',
    ],
  },
];

describe('inspectConfig', () => {
  it.each([...ROWS, ...CROSS])('tells of $name', ({ text, mistakes }) => {
    expect(mistakesOf(text)).toEqual(mistakes);
  });

  it('accepts two hosts side by side', () => {
    expect(mistakesOf(SUBNET + HOST + SECOND)).toEqual([]);
  });
});

describe('parseConfig', () => {
  it('throws one error with every mistake, one a line', () => {
    const text = `node = 1\n${SUBNET}${with1('fe:e1', 'ff:e1').slice(SUBNET.length)}`;
    expect(() => parseConfig(text, 'etc/p.toml')).toThrowError(
      expect.objectContaining({
        name: 'OperatorError',
        code: 'CONFIG_INVALID',
        message: [
          'etc/p.toml has 2 mistakes',
          'etc/p.toml:1: node: expected a name of letters, digits, dots and hyphens (found 1)',
          'etc/p.toml:8: hosts[0].lladdrPrefix: expected a unicast prefix, its first octet even (found "ff:e1:bb:d1:4c")',
        ].join('\n'),
      }),
    );
  });

  it('escapes what a terminal would act on', () => {
    const text = `${SUBNET}${HOST}switch = "\\u001b[2J\\u202e"\n`;
    expect(() => parseConfig(text, 'p')).toThrowError(/found "\\u001b\[2J\\u\{202e\}"/);
  });

  it('fills in defaults and parses values', () => {
    const config = parseConfig(`${SUBNET}${HOST}ipv6Prefix = "2001:0DB8:0::/56"\n`, 'p');
    expect(config.hosts[0]).toMatchObject({
      ipv4Range: { first: '192.0.2.10', last: '192.0.2.49' },
      ipv6Prefix: '2001:db8::/56',
      capacity: 40,
      vmDefaults: { memory: 1024, disks: [20480], format: 'qcow2' },
    });
    expect(config.web.address).toBe('127.0.0.1');
  });

  it('returns what nobody can change', () => {
    const config = parseConfig(SUBNET + HOST, 'p');
    expect([config, config.hosts, config.hosts[0]?.vmDefaults.disks, config.web].every(Object.isFrozen)).toBe(
      true,
    );
  });

  it('fails with an OperatorError alone, whatever the text is', () => {
    const whole = SUBNET + HOST;
    // Without its last two characters, the closing quote among them, no part of it is complete.
    const texts = Array.from({ length: whole.length - 2 }, (_, length) => whole.slice(0, length));
    for (const text of [...texts, '\0', '[[', '[hosts]\n', 'hosts = 1\n', 'hosts = [1]\nsubnets = [[]]\n']) {
      expect(() => parseConfig(text, 'p'), text).toThrowError(OperatorError);
    }
  });
});

describe('subnetOf', () => {
  it('finds the one subnet of a host', () => {
    const other = SUBNET.replaceAll('192.0.2', '198.51.100');
    const config = parseConfig(other + SUBNET + HOST, 'p');
    expect(config.hosts.map((host) => subnetOf(config, host).cidr)).toEqual(['192.0.2.0/24']);
  });
});
