import { describe, expect, it } from 'vitest';
import { type BootEvent, EMPTY_CATALOG } from '../../netboot/catalog.ts';
import { type MessagePortLike, remoteNetboot } from '../../netboot/io/channel.ts';
import { openOutbox } from '../../netboot/outbox.ts';
import { deferred } from '../../src/common/deferred.ts';
import { NOON } from './example.ts';

const doneOf = (name: string | null): BootEvent => ({
  kind: 'install-done',
  at: NOON,
  name,
  from: '10.77.0.7',
  token: 't',
  outcome: 'accepted',
});

/** What was resolved has had its consequences. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** An outbox and who hears it, over a channel that can be cut in either direction. */
function rig(most = 1000) {
  const cut = { toServe: false, toNetboot: false };
  let listener: (message: unknown) => void = () => undefined;
  const outbox = openOutbox({
    stream: 'one',
    most,
    toNetboot: () => undefined,
    toServe: (message) => void (cut.toServe || listener(message)),
  });
  const port: MessagePortLike = {
    send: (message) => void (cut.toNetboot || outbox.fromServe(message)),
    onMessage(hear) {
      listener = hear;
      return () => undefined;
    },
  };
  const heard: (string | null)[] = [];
  const forgotten: number[] = [];
  /** A `serve` that knows nothing yet, or the same one over a new connection. */
  const connect = (work: (name: string | null) => unknown = () => undefined) => {
    const remote = remoteNetboot(port, undefined, (count) => forgotten.push(count));
    remote.onEvent(({ name }) => {
      heard.push(name);
      return work(name);
    });
    return () => void remote.push(EMPTY_CATALOG).catch(() => undefined);
  };
  const tell = (...names: readonly (string | null)[]) => {
    for (const name of names) outbox.fromNetboot({ kind: 'event', event: doneOf(name) });
  };
  return { cut, heard, forgotten, connect, tell };
}

describe('what netboot did', () => {
  it('while nobody heard it is told to who comes, in order', () => {
    const { heard, connect, tell } = rig();
    tell('a', 'b');
    connect()();
    tell('c');
    expect(heard).toEqual(['a', 'b', 'c']);
  });

  it('and was on its way when the connection broke is told again', () => {
    const { cut, heard, connect, tell } = rig();
    const push = connect();
    tell('a');
    cut.toServe = true;
    tell('b', 'c');
    cut.toServe = false;
    push();
    expect(heard).toEqual(['a', 'b', 'c']);
  });

  it('and was heard, but not acknowledged, counts once', () => {
    const { cut, heard, connect, tell } = rig();
    const push = connect();
    cut.toNetboot = true;
    tell('a', 'b');
    cut.toNetboot = false;
    push();
    push();
    tell('c');
    expect(heard).toEqual(['a', 'b', 'c']);
  });

  it('is told to a serve that was started again, but for what the one before heard', () => {
    const { cut, heard, connect, tell } = rig();
    connect()();
    tell('a');
    cut.toServe = true;
    tell('b');
    cut.toServe = false;
    connect()();
    expect(heard).toEqual(['a', 'b']);
  });

  it('is told to the next serve where the one before had heard it, and not done with it', async () => {
    const { heard, connect, tell } = rig();
    const [a, b] = [deferred(), deferred()];
    connect((name) => (name === 'a' ? a.promise : name === 'b' ? b.promise : undefined))();
    tell('a', 'b', 'c');
    a.resolve();
    await settled();
    connect()();
    expect(heard).toEqual(['a', 'b', 'c', 'b', 'c']);
  });

  it('is told to it no more once that one was done with all', async () => {
    const { heard, connect, tell } = rig();
    connect(async () => undefined)();
    tell('a', 'b');
    await settled();
    connect()();
    expect(heard).toEqual(['a', 'b']);
  });

  it('is kept where who heard it leaves it to the next one, with what follows', async () => {
    const { heard, connect, tell } = rig();
    connect(async (name) => {
      if (name === 'b') throw new Error('not stored');
    })();
    tell('a', 'b', 'c');
    await settled();
    connect()();
    expect(heard).toEqual(['a', 'b', 'c', 'b', 'c']);
  });

  it('is forgotten where too much of it waits, of strangers first, and that is told once', () => {
    const { cut, heard, forgotten, connect, tell } = rig(3);
    cut.toServe = true;
    tell('a', null, 'b', 'c', 'd');
    cut.toServe = false;
    const push = connect();
    push();
    push();
    expect([heard, forgotten]).toEqual([['b', 'c', 'd'], [2]]);
  });

  it.each([
    ['another stream', { kind: 'heard', stream: 'two', seq: 9 }],
    ['no number', { kind: 'heard', stream: 'one', seq: '9' }],
    ['a number that was never given', { kind: 'heard', stream: 'one', seq: -1 }],
  ])('is kept when what is acknowledged is of %s', (_, noise) => {
    const told: unknown[] = [];
    const outbox = openOutbox({ stream: 'one', toNetboot: () => undefined, toServe: (m) => told.push(m) });
    outbox.fromNetboot({ kind: 'event', event: doneOf('a') });
    outbox.fromServe(noise);
    outbox.fromServe({ kind: 'push' });
    expect(told).toEqual([told[0], told[0]]);
  });
});
