import headless from '@xterm/headless';
import { describe, expect, it } from 'vitest';
import { emptyFeed, type FeedViewer } from '../../console/feed.ts';
import { type Hub, openHub } from '../../console/io/hub.ts';
import { unfinished } from '../../console/unfinished.ts';
import { FakeLine } from '../fakes/line.ts';

const SIZE = { cols: 80, rows: 24 };

/** What an installer prints, with everything that makes cutting it in two places delicate. */
const INSTALLER = [
  'Welcome to the OpenBSD/amd64 7.6 installation program.\r\n',
  ...[0, 17, 64, 99, 100].map((percent) => `\rbase76.tgz   ${percent}% |${'*'.repeat(percent / 4)}`),
  '\r\n\x1b[1;31mfailed;\x1b[0m check /tmp/ai/ai.log\r\n',
  'Zürich, 東京, 🐡\r\n',
  `${'x'.repeat(79)}|${'y'.repeat(80)}${'z'.repeat(81)}\r\n`,
  '\x1b]2;a title\x07after the title\r\n\x1bP1$q"q\x1b\\after the string\r\n',
  ...Array.from({ length: 40 }, (_, line) => `line ${line}\r\n`),
  '\x1b[3;10Hmoved\x1b[K\x1b[20;1H\x1b[44mblue\x1b[0m\r\n\x1b(0lqk\x1b(B\r\n',
  '\x1b[5;9r\x1b[9;1Hone\r\ntwo\x1b[5;4H\x1bMthree\x1b[r\x1b[24;1Hlogin: ',
].join('');

/** A viewer that can say what a terminal, as a browser has one, would show. */
class Viewer implements FeedViewer {
  readonly calls: string[] = [];
  readonly #all: Uint8Array[] = [];
  readonly #output: Uint8Array[] = [];
  #arrived: () => void = () => undefined;

  screen(picture: Uint8Array): void {
    this.calls.push('screen');
    this.#all.push(picture);
  }

  output(bytes: Uint8Array): void {
    this.calls.push('output');
    this.#output.push(bytes);
    this.#all.push(bytes);
    this.#arrived();
  }

  ended(): void {
    this.calls.push('ended');
  }

  get text(): string {
    return Buffer.concat(this.#output).toString();
  }

  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#arrived = resolve;
    });
  }

  async shown(): Promise<string> {
    const terminal = new headless.Terminal({ ...SIZE, scrollback: 200, allowProposedApi: true });
    for (const bytes of this.#all) terminal.write(bytes);
    await new Promise<void>((done) => terminal.write('', done));
    const { active } = terminal.buffer;
    const lines = Array.from({ length: active.length }, (_, row) =>
      active.getLine(row)?.translateToString(true),
    );
    return `${lines.join('\n')}@${active.cursorX},${active.cursorY}`;
  }
}

/** Resolves when the hub has shown all that was printed so far. */
async function settled(hub: Hub): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((done) => setTimeout(done));
  expect(hub.size).toEqual(SIZE);
}

function open(): { line: FakeLine; hub: Hub } {
  const line = new FakeLine();
  return { line, hub: openHub({ line, ...SIZE }) };
}

describe('a hub', () => {
  it('shows a late viewer the screen as it is', async () => {
    const { line, hub } = open();
    const early = new Viewer();
    hub.attach(early);
    line.emit(INSTALLER);
    await settled(hub);
    const late = new Viewer();
    hub.attach(late);
    expect(late.calls).toEqual(['screen']);
    expect(await late.shown()).toBe(await early.shown());
    expect(await late.shown()).toContain('login:');
    hub.close();
  });

  it('shows the same to a viewer that comes after any byte', async () => {
    const bytes = new TextEncoder().encode(INSTALLER);
    const { line, hub } = open();
    const viewers: Viewer[] = [];
    for (const byte of bytes) {
      const viewer = new Viewer();
      viewers.push(viewer);
      hub.attach(viewer);
      const shown = viewer.next();
      line.emit(Uint8Array.of(byte));
      await shown;
    }
    const screens = await Promise.all(viewers.map((viewer) => viewer.shown()));
    for (const [at, screen] of screens.entries()) expect(screen, `joined at byte ${at}`).toBe(screens[0]);
    hub.close();
  });

  it('gives each of 50 viewers every byte once, whenever it came', async () => {
    const { line, hub } = open();
    const viewers: { viewer: Viewer; from: number }[] = [];
    for (let at = 0; at < 50; at += 1) {
      await settled(hub);
      const viewer = new Viewer();
      hub.attach(viewer);
      viewers.push({ viewer, from: at });
      line.emit(`<${at}>`);
      line.emit('.');
    }
    await settled(hub);
    const all = Array.from({ length: 50 }, (_, at) => `<${at}>.`);
    for (const { viewer, from } of viewers) expect(viewer.text).toBe(all.slice(from).join(''));
    hub.close();
  });

  it('shows output that is still on its way to a viewer once', async () => {
    const { line, hub } = open();
    const viewer = new Viewer();
    line.emit('one ');
    hub.attach(viewer);
    line.emit('two');
    await settled(hub);
    expect(await viewer.shown()).toMatch(/^one two\n/);
    hub.close();
  });

  it('lets a viewer attach from within the output of another', async () => {
    const { line, hub } = open();
    const inner = new Viewer();
    const detach = hub.attach({
      screen: () => undefined,
      ended: () => undefined,
      output: () => {
        detach();
        hub.attach(inner);
      },
    });
    line.emit('once');
    await settled(hub);
    expect(inner.calls).toEqual(['screen']);
    expect(await inner.shown()).toMatch(/^once\n/);
    hub.close();
  });

  it.each(['screen', 'output', 'ended'] as const)('drops a viewer that throws in %s', async (where) => {
    const { line, hub } = open();
    const seen: string[] = [];
    const call = (name: string) => () => {
      seen.push(name);
      if (name === where) throw new Error('broken viewer');
    };
    const healthy = new Viewer();
    hub.attach({ screen: call('screen'), output: call('output'), ended: call('ended') });
    hub.attach(healthy);
    line.emit('a');
    await settled(hub);
    line.emit('b');
    await settled(hub);
    line.close();
    await settled(hub);
    expect(seen.at(-1)).toBe(where);
    expect(healthy.text).toBe('ab');
    expect(healthy.calls.at(-1)).toBe('ended');
  });

  it('stops for a viewer that detached, however often it does so', async () => {
    const { line, hub } = open();
    const viewer = new Viewer();
    const detach = hub.attach(viewer);
    detach();
    detach();
    line.emit('unseen');
    await settled(hub);
    expect(viewer.calls).toEqual(['screen']);
    hub.close();
  });

  it.each([
    ['the line closed', (line: FakeLine, _hub: Hub) => line.close()],
    ['the hub was closed', (_line: FakeLine, hub: Hub) => hub.close()],
  ])('shows everything, then the end, when %s', async (_, end) => {
    const { line, hub } = open();
    const viewer = new Viewer();
    hub.attach(viewer);
    expect(hub.live).toBe(true);
    line.emit('the last words');
    end(line, hub);
    end(line, hub);
    await settled(hub);
    expect(viewer.text).toBe('the last words');
    expect(viewer.calls).toEqual(['screen', 'output', 'ended']);
    expect(hub.live).toBe(false);
    expect(line.listeners).toBe(0);

    const late = new Viewer();
    hub.attach(late);
    expect(late.calls).toEqual(['screen', 'ended']);
    expect(await late.shown()).toBe(await viewer.shown());
  });

  it('skips forward when the guest floods its console, and shows how it ended', async () => {
    const { line, hub } = open();
    const viewer = new Viewer();
    hub.attach(viewer);
    const flood = Buffer.from('flood '.repeat(10_000));
    for (let at = 0; at < 200; at += 1) line.emit(flood);
    line.emit('\r\nlogin: ');
    line.close();
    while (!viewer.calls.includes('ended')) await settled(hub);
    const late = new Viewer();
    hub.attach(late);
    expect(viewer.text).toContain('output skipped');
    expect(viewer.text.length).toBeLessThan(5_000_000);
    expect(await viewer.shown()).toMatch(/login:\n*.*@7,\d+$/s);
    expect(await late.shown()).toBe(await viewer.shown());
  });
});

describe('unfinished', () => {
  it.each([
    ['plain text', 'login: ', ''],
    ['a bare ESC', 'a\x1b', '\x1b'],
    ['a cut CSI', 'a\x1b[1;3', '\x1b[1;3'],
    ['a whole CSI', 'a\x1b[1;31m', ''],
    ['a cut charset', 'a\x1b(', '\x1b('],
    ['a whole charset', 'a\x1b(0', ''],
    ['a cut title', '\x1b]2;tit', '\x1b]2;tit'],
    ['a title ended by BEL', '\x1b]2;tit\x07rest', ''],
    ['a title ended by half a ST', '\x1b]2;tit\x1b', '\x1b'],
    ['a title ended by ST', '\x1b]2;tit\x1b\\', ''],
    ['a device control string', '\x1bPdata', '\x1bPdata'],
    ['a cancelled CSI', '\x1b[1\x18', ''],
    ['a second ESC in a CSI', '\x1b[1\x1b[', '\x1b['],
    ['two bytes of a character of three', 'a\xe6\x9d', '\xe6\x9d'],
    ['a whole character', 'a\xe6\x9d\xb1', ''],
    ['a title that never ends', `\x1b]2;${'x'.repeat(5000)}`, ''],
  ])('finds the cut end of %s', (_, text, cut) => {
    const bytes = Buffer.from(text, 'latin1');
    expect(Buffer.from(unfinished(new Uint8Array(), bytes)).toString('latin1')).toBe(cut);
    let step: Uint8Array = new Uint8Array();
    for (const byte of bytes) step = unfinished(step, Uint8Array.of(byte));
    expect(Buffer.from(step).toString('latin1'), 'byte by byte').toBe(cut);
  });
});

it('the empty feed is a dark screen that has ended', () => {
  const viewer = new Viewer();
  emptyFeed.attach(viewer)();
  expect(viewer.calls).toEqual(['screen', 'ended']);
});
