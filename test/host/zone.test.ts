import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type HostKey, parseHostKeys, renderKnownHosts, renderSshfp } from '../../src/host/host-keys.ts';
import { type NamedMachine, renderReverse4, renderReverse6, renderZone } from '../../src/host/zone.ts';
import { requireProgram } from '../support/require.ts';

const web: NamedMachine = { name: 'web1.example.net', ipv4: '192.0.2.10', ipv6: '2001:db8:0:100::2' };
const longest: NamedMachine = {
  name: `${'a'.repeat(63)}.example.net`,
  ipv4: '192.0.2.11',
  ipv6: '2001:db8::2',
};
const machines = [web, longest, { name: 'db.example.net', ipv4: '192.0.2.12', ipv6: null }];
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const refused = expect.objectContaining({ code: 'FILE_REFUSED' });

const ZONES: readonly [string, string, string][] = [
  ['forward', 'example.net', renderZone(machines, 3600)],
  ['in-addr.arpa', '2.0.192.in-addr.arpa', renderReverse4(machines, 3600)],
  ['ip6.arpa', '8.b.d.0.1.0.0.2.ip6.arpa', renderReverse6(machines, 3600)],
];
const CHECKZONE = requireProgram('named-checkzone');

describe('zone fragments', () => {
  it.each(ZONES)('%s', async (name, _, text) => {
    await expect(text).toMatchFileSnapshot(`../../fixtures/zone/${name}.zone`);
  });

  it.skipIf(CHECKZONE.skip).each(ZONES)("%s passes BIND's check in its zone", (_, zone, text) => {
    checkZone(zone, text);
  });

  it.each([
    ['a label of 64 characters', `${'a'.repeat(64)}.example.net`],
    ['an underscore', 'web_1.example.net'],
    ['an empty label', 'web1..net'],
    ['a last dot', 'web1.example.net.'],
    ['254 characters', `${'a'.repeat(60)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(63)}.e`],
    ['a newline', 'web1\n@'],
  ])('refuses %s', (_, name) => {
    expect(() => renderZone([{ ...web, name }], 60)).toThrowError(refused);
    expect(() => renderReverse4([{ ...web, name }], 60)).toThrowError(refused);
  });

  it('refuses a name twice, however it is written', () => {
    expect(() => renderZone([web, { ...web, name: 'WEB1.example.net' }], 60)).toThrowError(refused);
  });
});

describe('host keys', () => {
  const KEYGEN = requireProgram('ssh-keygen');
  const body = Buffer.concat([Buffer.from('\0\0\0\x0bssh-ed25519\0\0\0\x20'), Buffer.alloc(32, 7)]).toString(
    'base64',
  );
  const keys: readonly HostKey[] = [{ type: 'ssh-ed25519', body }];

  it.each([
    ['as ssh-keyscan prints them', `# 192.0.2.10:22 SSH-2.0\n192.0.2.10 ssh-ed25519 ${body}\n\n`],
    ['as they lie in /etc/ssh', `ssh-ed25519 ${body} root@web1\n`],
  ])('are read %s', (_, text) => {
    expect(parseHostKeys(text)).toEqual(keys);
  });

  it.each([
    ['words', 'hello world'],
    ['another type inside', `ssh-rsa ${body}`],
    ['no base64', 'ssh-ed25519 ****************'],
    ['a key cut short', 'ssh-ed25519'],
    ['a mark in front', `@revoked web1 ssh-ed25519 ${body}`],
  ])('refuses %s', (_, text) => {
    expect(() => parseHostKeys(text)).toThrowError(refused);
  });

  it('become known_hosts and SSHFP', async () => {
    const text = `${renderKnownHosts(web, keys)}${renderSshfp(web, keys, 3600, sha256)}`;
    await expect(text).toMatchFileSnapshot('../../fixtures/ssh-keys/web1');
  });

  it.skipIf(KEYGEN.skip).each(['rsa', 'ecdsa', 'ed25519'])(
    'has the SSHFP record of ssh-keygen: %s',
    (type) => {
      const directory = mkdtempSync(join(tmpdir(), 'puffboot-keys-'));
      try {
        const file = join(directory, 'key');
        execFileSync(KEYGEN.path, ['-q', '-t', type, '-N', '', '-f', file]);
        const told = execFileSync(KEYGEN.path, ['-r', 'web1.example.net.', '-f', `${file}.pub`], {
          encoding: 'utf8',
        });
        const ours = renderSshfp(web, parseHostKeys(readFileSync(`${file}.pub`, 'utf8')), 60, sha256);
        expect(told.split('\n')).toContain(ours.trim().replace(' 60 ', ' '));
        if (!CHECKZONE.skip) checkZone('example.net', ours);
      } finally {
        rmSync(directory, { recursive: true });
      }
    },
  );
});

function checkZone(zone: string, records: string): void {
  const directory = mkdtempSync(join(tmpdir(), 'puffboot-zone-'));
  try {
    const file = join(directory, 'zone');
    const head =
      '$TTL 60\n@ IN SOA ns.example.org. root.example.org. 1 60 60 60 60\n@ IN NS ns.example.org.\n';
    writeFileSync(file, head + records);
    execFileSync(CHECKZONE.path, [zone, file], { stdio: 'pipe' });
  } finally {
    rmSync(directory, { recursive: true });
  }
}
