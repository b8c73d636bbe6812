import { compareSync } from 'bcryptjs';
import { afterEach, describe, expect, it } from 'vitest';
import type { CatalogClient } from '../../../netboot/catalog.ts';
import { renderWith } from '../../../netboot/io/fresh-passwords.ts';
import type { NetbootParts } from '../../../netboot/io/service.ts';
import type { MadePassword } from '../../../src/autoinstall/passwords.ts';
import type { Log } from '../../../src/common/port.ts';
import { passwordMaker } from '../../../src/io/passwords.ts';
import { ARMED } from '../example.ts';
import { LOCAL, LOCAL_CATALOG, type Running, startRunning } from './running.ts';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFB1ZmZ5IHJlaGVhcnNlcyBhbiBpbnN0YWxsIGhlcmUh';
const CLIENT: CatalogClient = {
  ...LOCAL,
  armed: {
    ...ARMED,
    until: Date.now() + 3_600_000,
    passwords: ['root', 'puffy'],
    answers: [
      { key: 'Password for root account', value: '*************' },
      { key: 'Password for user puffy', value: '*************' },
      { key: 'Public ssh key for user puffy', value: KEY, secret: true },
    ],
  },
};

describe('passwords in a response file', () => {
  let running: Running;
  afterEach(() => running.close());
  async function start(parts: Partial<NetbootParts>): Promise<string> {
    running = await startRunning({}, parts);
    await running.netboot.push({ ...LOCAL_CATALOG, clients: [CLIENT] });
    return `http://127.0.0.1:${running.ports.http}/install.conf`;
  }

  it('are new at each fetch, and told nowhere else', async () => {
    const logged: string[] = [];
    const keep = (event: string, fields?: object) => void logged.push(JSON.stringify([event, fields]));
    const log: Log = { debug: keep, info: keep, warn: keep, error: keep };
    const url = await start({ makePasswords: passwordMaker(), log });
    const texts = [await (await fetch(url)).text(), await (await fetch(url)).text()];
    const clear = texts.flatMap((text) => {
      const [, root = '', puffy = ''] = / root:(\w+) puffy:(\w+)\n$/.exec(text) ?? [];
      const [, rootHash = '', puffyHash = ''] =
        /^Password for root account = (\S+)\nPassword for user puffy = (\S+)\n/.exec(text) ?? [];
      expect(text).toContain(`Public ssh key for user puffy = ${KEY} root:`);
      expect([compareSync(root, rootHash), compareSync(puffy, puffyHash)]).toEqual([true, true]);
      return [root, puffy];
    });
    expect(new Set(clear).size).toBe(4);
    const told = logged.join('\n') + JSON.stringify(running.events);
    expect(told).toContain('netboot.response-file');
    for (const each of [...clear, '$2b$']) expect(told).not.toContain(each);
  });

  it('are not made for a HEAD', async () => {
    const url = await start({ makePasswords: () => Promise.reject(new Error('asked for')) });
    const { status, headers } = await fetch(url, { method: 'HEAD' });
    expect([status, headers.get('content-length')]).toEqual([200, null]); // nobody knows it before they are made
  });

  it.each([
    ['nobody makes them', {}],
    ['making them fails', { makePasswords: () => Promise.reject(new Error('the thread died')) }],
  ])('are refused, and the file with them, where %s', async (_, parts) => {
    const url = await start(parts);
    const response = await fetch(url);
    expect([response.status, await response.text()]).toEqual([503, 'try again\n']);
    expect(response.headers.get('retry-after')).toBe('0'); // ftp(1) asks again at no other value
    const event = await running.event(({ kind }) => kind === 'response-file');
    expect(event).toMatchObject({ outcome: 'refused', reason: expect.stringMatching(/^passwords: /) });
  });
});

it('makes passwords once for everybody who asks meanwhile, and anew behind that', async () => {
  const finish: ((made: readonly MadePassword[]) => void)[] = [];
  const render = renderWith(() => new Promise((resolve) => finish.push(resolve)));
  const armed = CLIENT.armed ?? ARMED;
  const made = (clear: string) => [{ account: 'root', clear, hash: '$2b$10$x' }];
  const first = [render(armed), render(armed), render({ ...armed, token: 'of-another-client' })];
  expect(finish).toHaveLength(2);
  finish[0]?.(made('abc'));
  finish[1]?.(made('xyz'));
  const texts = await Promise.all(first);
  expect(texts.map((text) => / root:(\w+)\n/.exec(text)?.[1])).toEqual(['abc', 'abc', 'xyz']);
  void render(armed);
  expect(finish).toHaveLength(3);
});
