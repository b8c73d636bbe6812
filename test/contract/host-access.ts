import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HOST_TEXT_LIMIT, type HostAccess } from '../../src/host/access.ts';
import { parseListLine } from '../../src/host/list-line.ts';

export interface HostUnderTest {
  readonly access: HostAccess;
  /** An empty directory of the host that its user may write to. */
  readonly directory: string;
  close(): Promise<void>;
}

/** What whoever asks a host may rely on, whichever way leads to it. */
export function hostAccessContract(
  name: string,
  open: () => Promise<HostUnderTest>,
  { slow = false }: { readonly slow?: boolean } = {},
): void {
  /** Rows that differ in nothing that the way to the host could touch are left out where each costs much. */
  const rows = <T>(all: readonly T[]): T[] => (slow ? all.slice(-1) : [...all]);
  const often = (what: string, body: () => Promise<void>) => {
    if (!slow) it(what, body);
  };
  describe(`${name} as a way to a host`, () => {
    let host: HostUnderTest;
    let sources: string;
    let count = 0;
    const fresh = () => `${host.directory}/file-${++count}`;
    /** A file of this machine. */
    const source = async (content: string | Uint8Array) => {
      const path = join(sources, `source-${++count}`);
      await writeFile(path, content);
      return path;
    };
    const modeOf = async (path: string) =>
      parseListLine((await host.access.run(['ls', '-lnd', path])).stdout)?.mode;
    const exists = async (path: string) => (await host.access.run(['test', '-e', path])).status === 0;

    beforeAll(async () => {
      sources = await mkdtemp(join(tmpdir(), 'puffboot-contract-'));
      host = await open();
    }, 30_000);
    afterAll(async () => {
      await host.close();
      await rm(sources, { recursive: true, force: true });
    });

    describe('run', () => {
      it.each(
        rows<[string, string[]]>([
          ['plain words', ['one', 'two']],
          ['quotes', [`it's`, '"so"', '`x`']],
          ['what a shell would expand', ['$HOME', '*', '~', '!!', '{a,b}', '$(id)']],
          ['blanks, newlines and tabs', ['a  b', 'c\nd', '\t', 'e\\']],
          ['an empty word', ['', 'x', '']],
          ['operators', ['a;b', '&&', '|', '>f', '#']],
          ['other scripts', ['é', '日本', '😀']],
          ['all of it', [`it's "so"`, '$HOME *', 'c\nd', '', '&& é', 'e\\']],
        ]),
      )('hands on %s as they are', async (_, words) => {
        const { status, stdout } = await host.access.run(['echo', ...words]);
        expect([status, stdout]).toEqual([0, `${words.join(' ')}\n`]);
      });

      it('tells a failure as a status, with what was said', async () => {
        const { status, stdout, stderr } = await host.access.run(['cat', '/does/not/exist']);
        expect([status, stdout]).toEqual([1, '']);
        expect(stderr).toMatch(/^cat: '?\/does\/not\/exist'?: No such file or directory\n$/);
      });

      it('gives a command its input, from text and from a file', async () => {
        const text = 'first\nsecond \u00e9\n';
        expect(await host.access.run(['cat'], { stdin: text })).toMatchObject({ status: 0, stdout: text });
        const copyOf = await source(text);
        expect((await host.access.run(['cat'], { stdin: { copyOf } })).stdout).toBe(text);
      });

      it('gives a command no input otherwise', async () => {
        expect(await host.access.run(['cat'])).toEqual({ status: 0, stdout: '', stderr: '' });
      });

      it('refuses a NUL byte', async () => {
        await expect(host.access.run(['echo', 'a\0b'])).rejects.toMatchObject({ code: 'HOST_COMMAND' });
      });
    });

    describe('read', () => {
      it.each(rows(['missing', 'missing/below']))('finds nothing at %s', async (path) => {
        expect(await host.access.read(`${host.directory}/${path}`)).toBeNull();
      });

      it.each(
        rows([
          ['an empty file', ''],
          ['text', 'one\ntwo\n'],
          ['no newline at the end', 'x'],
          ['other scripts and a byte order mark', '\ufeff# caf\u00e9 日本\r\n'],
        ]),
      )('gives back %s', async (_, text) => {
        const path = fresh();
        await host.access.write(path, text);
        expect(await host.access.read(path)).toBe(text);
      });

      often('refuses what it could not give back: bytes that are no text', async () => {
        const path = fresh();
        await host.access.write(path, { copyOf: await source(Uint8Array.of(0x23, 0xe9, 0x0a)) });
        await expect(host.access.read(path)).rejects.toThrow(/is not UTF-8 text/);
      });

      it('refuses a file that is too long, and takes the longest', async () => {
        const [longest, longer] = [fresh(), fresh()];
        await host.access.write(longest, { copyOf: await source('x'.repeat(HOST_TEXT_LIMIT)) });
        expect((await host.access.read(longest))?.length).toBe(HOST_TEXT_LIMIT);
        if (slow) return;
        await host.access.write(longer, { copyOf: await source('x'.repeat(HOST_TEXT_LIMIT + 1)) });
        await expect(host.access.read(longer)).rejects.toThrow(/longer than/);
      });

      it('refuses a path that is not absolute', async () => {
        await expect(host.access.read('etc/vm.conf')).rejects.toThrow(/no absolute path/);
      });
    });

    describe('write', () => {
      often('makes a file that only its owner reads', async () => {
        const path = fresh();
        expect(await host.access.write(path, 'x\n')).toEqual({ changed: true, backup: null });
        expect(await modeOf(path)).toBe(0o600);
      });

      often('sets the mode that is asked for, and keeps that of what it replaces', async () => {
        const path = fresh();
        await host.access.write(path, 'x\n', { mode: 0o640 });
        expect(await modeOf(path)).toBe(0o640);
        await host.access.write(path, 'y\n');
        expect([await modeOf(path), await host.access.read(path)]).toEqual([0o640, 'y\n']);
      });

      often('makes missing directories', async () => {
        const path = `${host.directory}/a-${++count}/b's/c d.conf`;
        await host.access.write(path, 'x\n');
        expect(await host.access.read(path)).toBe('x\n');
      });

      it('copies a file of this machine, once', async () => {
        const [path, copyOf] = [fresh(), await source('kernel')];
        expect(await host.access.write(path, { copyOf }, { mode: 0o644 })).toMatchObject({ changed: true });
        expect(await host.access.write(path, { copyOf }, { mode: 0o600 })).toEqual({
          changed: false,
          backup: null,
        });
        expect([await host.access.read(path), await modeOf(path)]).toEqual(['kernel', 0o600]);
        const other = await source('kerneL');
        expect(await host.access.write(path, { copyOf: other })).toMatchObject({ changed: true });
        expect(await host.access.read(path)).toBe('kerneL');
      });

      it('keeps what it replaces, each time under another name', async () => {
        const path = fresh();
        expect((await host.access.write(path, '1', { backup: true })).backup).toBeNull();
        const backups: string[] = [];
        for (const text of ['2', '3']) {
          backups.push((await host.access.write(path, text, { backup: true })).backup ?? '');
        }
        expect(new Set(backups).size).toBe(2);
        expect(backups[0]).toMatch(/\.20\d{12}\.puffboot$/);
        const kept = await Promise.all(backups.map((backup) => host.access.read(backup)));
        expect([kept, await host.access.read(path)]).toEqual([['1', '2'], '3']);
      });

      often('leaves one whole file when two write it at once', async () => {
        const path = fresh();
        const texts = Array.from({ length: slow ? 2 : 4 }, (_, at) => `${at}`.repeat(10_000));
        await Promise.all(texts.map((text) => host.access.write(path, text)));
        expect(texts).toContain(await host.access.read(path));
      });

      often('leaves nothing behind where it fails', async () => {
        const [file, directory] = [fresh(), fresh()];
        await host.access.write(file, 'x');
        await host.access.run(['mkdir', directory]);
        for (const path of [`${file}/below`, directory]) {
          await expect(host.access.write(path, 'y')).rejects.toMatchObject({
            code: 'HOST_COMMAND',
            message: expect.stringContaining(`cannot write ${path}`),
          });
          expect(await exists(`${path}.puffboot-new`)).toBe(false);
        }
        expect(await host.access.read(file)).toBe('x');
      });

      it('says which file of this machine is missing', async () => {
        const copyOf = join(sources, 'missing');
        await expect(host.access.write(fresh(), { copyOf })).rejects.toThrow(copyOf);
      });
    });

    describe('as root', () => {
      it('reads, runs and writes', async () => {
        const path = fresh();
        await host.access.write(path, 'one\n', { asRoot: true, mode: 0o644 });
        const { backup } = await host.access.write(path, 'two\n', { asRoot: true, backup: true });
        expect(await host.access.read(path, { asRoot: true })).toBe('two\n');
        expect(await host.access.read(backup ?? '', { asRoot: true })).toBe('one\n');
        expect(await modeOf(path)).toBe(0o644);
        expect((await host.access.run(['echo', `it's`], { asRoot: true })).stdout).toBe(`it's\n`);
      });
    });

    describe('openConsole', () => {
      it('gives what the command prints, and its end', async () => {
        const line = host.access.openConsole(['echo', `it's here`]);
        let printed = '';
        line.onOutput((bytes) => {
          printed += Buffer.from(bytes).toString('utf8');
        });
        expect(await line.closed).toMatchObject({ exitCode: 0 });
        expect(printed.replaceAll('\r', '')).toBe("it's here\n");
      });
    });
  });
}
