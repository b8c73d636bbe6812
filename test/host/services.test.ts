import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Ipv4 } from '../../src/common/address.ts';
import { renderHttpdConf } from '../../src/host/httpd-conf.ts';
import { renderSensorsdConf, renderSensorsScript } from '../../src/host/sensorsd-conf.ts';

const refused = expect.objectContaining({ code: 'FILE_REFUSED' });

describe('httpd.conf', () => {
  it('sends installers on to boot HTTP', async () => {
    const text = renderHttpdConf('192.0.2.1' as Ipv4, 8081);
    await expect(text).toMatchFileSnapshot('../../fixtures/httpd-conf/port-8081.conf');
  });

  it('has nothing to do where boot HTTP has port 80', () => {
    expect(renderHttpdConf('192.0.2.1' as Ipv4, 80)).toMatch(/^#.*\n$/);
  });

  it.each([0, 65536, 1.5])('refuses port %d', (port) => {
    expect(() => renderHttpdConf('192.0.2.1' as Ipv4, port)).toThrowError(refused);
  });
});

describe('sensorsd.conf', () => {
  it('names the script', () => {
    expect(renderSensorsdConf('/etc/puffboot/sensors')).toBe(
      'drive:command=/bin/sh /etc/puffboot/sensors %x %t%n %s %2\n',
    );
  });

  it.each(['sensors', '/etc/a:b', '/etc/a b', '/etc/a\\b', '/etc/$(id)', '/etc/"'])('refuses %j', (path) => {
    expect(() => renderSensorsdConf(path)).toThrowError(refused);
  });
});

describe("sensorsd's script", () => {
  /** Runs it as sensorsd(8) does, with programs that note how they are called. */
  function told(script: string, args: readonly string[]): string {
    const directory = mkdtempSync(join(tmpdir(), 'puffboot-sensors-'));
    try {
      const notes = join(directory, 'notes');
      for (const name of ['logger', 'mail']) {
        const program = join(directory, name);
        const input = name === 'mail' ? 'cat' : ':';
        writeFileSync(program, `#!/bin/sh\nprintf '${name}'\nprintf ' [%s]' "$@"\necho\n${input}\n`);
        chmodSync(program, 0o755);
      }
      writeFileSync(join(directory, 'sensors'), script);
      const command = `exec >'${notes}' 2>&1; /bin/sh '${directory}/sensors' ${args.join(' ')}`;
      spawnSync('/bin/sh', ['-c', command], { env: { PATH: `${directory}:/usr/bin:/bin` } });
      return readFileSync(notes, 'utf8');
    } finally {
      rmSync(directory, { recursive: true });
    }
  }

  it.each([
    ['failed', ['softraid0', 'drive0', 'CRITICAL', 'failed']],
    ['recovered', ['softraid0', 'drive0', 'OK', 'online']],
    ['rebuilding', ['mfi0', 'drive12', 'WARN', 'rebuilding', '42%', 'done']],
    ['bare', ['softraid0', 'drive0', 'UNKNOWN']],
  ])('tells that a drive is %s', async (name, args) => {
    const text = told(renderSensorsScript('vmm1.example.net', 'ops@example.net'), args);
    await expect(text).toMatchFileSnapshot(`../../fixtures/sensors/${name}.txt`);
  });

  it.each([
    ['an option as the address', 'vmm1', '-oX'],
    ['a quote in the address', 'vmm1', "ops'; id'"],
    ['a command as the host', '$(id)', 'root'],
  ])('refuses %s', (_, host, mailTo) => {
    expect(() => renderSensorsScript(host, mailTo)).toThrowError(refused);
  });
});
