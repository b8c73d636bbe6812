import { describe, expect, it } from 'vitest';
import {
  bytesDelivered,
  openTransfer,
  stepTransfer,
  type Transfer,
  type TransferEffect,
  type TransferEvent,
} from '../../../netboot/tftp/transfer.ts';

const ack = (block: number): TransferEvent => ({ kind: 'packet', packet: { kind: 'ack', block } });
const TIMEOUT: TransferEvent = { kind: 'timeout' };

/** Drives one transfer; each answer is written short: `data 1+512`, `oack`, `end sent`, `error 4`. */
class Peer {
  #transfer: Transfer;
  readonly opened: string[];
  wait = 0;

  constructor(size: number, options: Record<string, string> = {}, family?: 'IPv4' | 'IPv6') {
    const [transfer, effects] = openTransfer(new Map(Object.entries(options)), size, 0, family);
    this.#transfer = transfer;
    this.opened = this.#written(effects, 0);
  }

  send(event: TransferEvent, now = 0): string[] {
    const [transfer, effects] = stepTransfer(this.#transfer, event, now);
    this.#transfer = transfer;
    return this.#written(effects, now);
  }

  get delivered(): number {
    return bytesDelivered(this.#transfer);
  }

  #written(effects: readonly TransferEffect[], now: number): string[] {
    for (const effect of effects) if (effect.kind === 'wait') this.wait = effect.until - now;
    return effects.flatMap(written);
  }
}

function written(effect: TransferEffect): string[] {
  switch (effect.kind) {
    case 'wait':
      return [];
    case 'oack':
      return [`oack ${[...effect.options].map((pair) => pair.join('=')).join(' ')}`];
    case 'data':
      return [`data ${effect.number}+${effect.length}`];
    case 'error':
      return [`error ${effect.code}`];
    case 'end':
      return [`end ${effect.outcome}`];
  }
}

describe('options', () => {
  it.each([
    ['none', {}, 'data 1+512'],
    ['a PXE ROM', { blksize: '1432', tsize: '0' }, 'oack blksize=1432 tsize=3000'],
    ['more than a frame holds', { blksize: '65464' }, 'oack blksize=1468'],
    ['a window', { windowsize: '16', timeout: '3' }, 'oack windowsize=16 timeout=3'],
    ['a window beyond ours', { windowsize: '65535' }, 'oack windowsize=64'],
    ['unknown ones', { multicast: '', constructor: '1' }, 'data 1+512'],
    ['values out of range', { blksize: '7', timeout: '0', windowsize: '0', tsize: '-1' }, 'data 1+512'],
    [
      'values at the edge',
      { blksize: '8', timeout: '255', windowsize: '1', tsize: '1' },
      'oack blksize=8 timeout=255 windowsize=1 tsize=3000',
    ],
    ['values past the other edge', { blksize: '65465', timeout: '256', windowsize: '65536' }, 'data 1+512'],
    ['values that are no numbers', { blksize: '1e3', tsize: '0x10' }, 'data 1+512'],
  ])('%s', (_, options, first) => {
    expect(new Peer(3000, options).opened).toEqual([first]);
  });

  it('makes blocks that fit a frame of Ethernet over IPv6, too', () => {
    expect(new Peer(3000, { blksize: '1468' }, 'IPv6').opened).toEqual(['oack blksize=1448']);
  });
});

describe('a transfer in lock step', () => {
  it('sends block after block and ends with the short one', () => {
    const peer = new Peer(1300);
    expect(peer.opened).toEqual(['data 1+512']);
    expect(peer.send(ack(1))).toEqual(['data 2+512']);
    expect(peer.delivered).toBe(512);
    expect(peer.send(ack(2))).toEqual(['data 3+276']);
    expect(peer.send(ack(3))).toEqual(['end sent']);
    expect(peer.delivered).toBe(1300);
  });

  it.each([
    ['empty', 0, ['data 1+0']],
    ['one block', 512, ['data 1+512', 'data 2+0']],
    ['two blocks', 1024, ['data 1+512', 'data 2+512', 'data 3+0']],
  ])('ends a file of full blocks with an empty one: %s', (_, size, expected) => {
    const peer = new Peer(size);
    const seen = [...peer.opened];
    for (let block = 1; block < expected.length; block += 1) seen.push(...peer.send(ack(block)));
    expect(seen).toEqual(expected);
    expect(peer.send(ack(expected.length))).toEqual(['end sent']);
  });

  it('begins after ACK 0 where there was an OACK', () => {
    const peer = new Peer(100, { tsize: '0' });
    expect(peer.opened).toEqual(['oack tsize=100']);
    expect(peer.send(ack(1))).toEqual([]);
    expect(peer.send(ack(0))).toEqual(['data 1+100']);
    expect(peer.send(ack(1))).toEqual(['end sent']);
  });

  it('rolls block numbers over', () => {
    const peer = new Peer(8 * 70_000, { blksize: '8' });
    peer.send(ack(0));
    for (let block = 1; block < 65535; block += 1) peer.send(ack(block));
    expect(peer.send(ack(65535))).toEqual(['data 0+8']);
    expect(peer.send(ack(0))).toEqual(['data 1+8']);
    expect(peer.delivered).toBe(8 * 65536);
  });

  it('sends nothing twice for an ACK that comes twice', () => {
    const peer = new Peer(5000);
    peer.send(ack(1));
    expect(peer.send(ack(1))).toEqual([]);
    expect(peer.send(ack(0))).toEqual([]);
    expect(peer.send(ack(3))).toEqual([]);
    expect(peer.send(ack(2))).toEqual(['data 3+512']);
  });
});

describe('a window', () => {
  const open = () => {
    const peer = new Peer(512 * 7 + 100, { windowsize: '4' });
    expect(peer.send(ack(0))).toHaveLength(4);
    return peer;
  };

  it('sends the next after an ACK of the last', () => {
    expect(open().send(ack(4))).toEqual(['data 5+512', 'data 6+512', 'data 7+512', 'data 8+100']);
  });

  it('goes on where a block was lost', () => {
    expect(open().send(ack(2))).toEqual(['data 3+512', 'data 4+512', 'data 5+512', 'data 6+512']);
  });

  it('does not begin anew for each block that came behind the lost one', () => {
    const peer = open();
    expect(peer.send(ack(2))).toHaveLength(4);
    expect(peer.send(ack(2))).toEqual([]);
    expect(peer.send(ack(6))).toEqual(['data 7+512', 'data 8+100']);
  });

  it('is not sent twice because the one before it was', () => {
    const peer = new Peer(512 * 100, { windowsize: '4' });
    peer.send(ack(0));
    expect(peer.send(TIMEOUT, 1000)).toHaveLength(4);
    expect(peer.send(ack(4), 1001)).toHaveLength(4); // to what was sent first
    expect(peer.send(ack(4), 1002)).toEqual([]); // to what was sent again
    expect(peer.send(ack(8), 1003)).toHaveLength(4);
    expect(peer.send(ack(8), 1004)).toHaveLength(4);
  });

  it('sends each block once again, when what went twice is acknowledged at two places', () => {
    const peer = new Peer(512 * 100, { windowsize: '4' });
    peer.send(ack(0));
    peer.send(ack(4));
    expect(peer.send(TIMEOUT, 1000)).toHaveLength(4); // 5 to 8
    expect(peer.send(ack(7), 1001)).toHaveLength(4); // 8 to 11
    expect(peer.send(ack(8), 1001)).toEqual(['data 12+512']);
    expect(peer.send(ack(11), 1002)).toEqual(['data 13+512', 'data 14+512', 'data 15+512']);
    expect(peer.send(ack(15), 1003)).toHaveLength(4);
  });

  it('believes once that its first block was lost', () => {
    const peer = open();
    expect(peer.send(ack(4))).toHaveLength(4);
    expect(peer.send(ack(4))).toHaveLength(4);
    expect(peer.send(ack(4))).toEqual([]);
    expect(peer.send(ack(8))).toEqual(['end sent']);
  });
});

describe('what does not arrive', () => {
  it('is sent again, each time after twice the wait, and given up', () => {
    const peer = new Peer(5000);
    const waits = [peer.wait];
    let last: string[] = [];
    for (let now = peer.wait; last[0] !== 'end aborted'; now += peer.wait) {
      last = peer.send(TIMEOUT, now);
      if (last[0] === 'data 1+512') waits.push(peer.wait);
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 8000, 8000, 8000, 8000, 8000, 8000, 8000]);
  });

  it('costs a round trip once one was measured', () => {
    const peer = new Peer(50_000);
    for (let block = 1; block <= 20; block += 1) peer.send(ack(block), block * 2);
    expect(peer.wait).toBe(20);
    expect(peer.send(TIMEOUT, 60)).toEqual(['data 21+512']);
    expect(peer.wait).toBe(40);
    expect(peer.send(ack(21), 62)).toEqual(['data 22+512']);
    expect(peer.wait).toBe(20);
  });

  it('does not take the answer to a repeated packet for a measurement', () => {
    const peer = new Peer(5000);
    peer.send(TIMEOUT, 1000);
    peer.send(ack(1), 1001);
    expect(peer.wait).toBe(1000);
  });

  describe.each([
    ['in lock step', '1'],
    ['in windows', '4'],
  ])('%s', (_, windowsize) => {
    const slow = (took: number) => {
      const peer = new Peer(512 * 100, { windowsize });
      const window = Number(windowsize);
      peer.send(ack(0), 2);
      peer.send(ack(window), 4);
      for (let now = 24; now < took; now += peer.wait) peer.send(TIMEOUT, now);
      return { peer, twice: (now: number) => peer.send(ack(2 * window), now) };
    };

    it('is waited for longer, and not sent twice, where the client has become slow', () => {
      const { peer, twice } = slow(64);
      expect(twice(64)).toHaveLength(Number(windowsize)); // to what was sent at 4
      expect(peer.wait).toBe(20);
      expect(twice(66)).toEqual([]); // to what was sent again
      expect(peer.wait).toBeGreaterThan(60);
      const before = peer.wait;
      expect(twice(66)).toEqual([]);
      expect(peer.wait).toBe(before);
    });

    it('is not waited for longer where it was lost', () => {
      const { peer, twice } = slow(64);
      twice(64);
      peer.send(ack(3 * Number(windowsize)), 66);
      expect(peer.wait).toBe(20);
    });

    it('is waited for no longer than a second on the word of one ACK', () => {
      const { peer, twice } = slow(20_000);
      twice(20_000);
      twice(20_001);
      expect(peer.wait).toBeLessThan(1000);
    });
  });

  it('waits as long as the client wants', () => {
    const peer = new Peer(5000, { timeout: '60' });
    for (let tries = 0; tries < 8; tries += 1) peer.send(TIMEOUT, tries);
    expect(peer.wait).toBe(60_000);
  });

  it('repeats the first packet for a repeated request, and only that', () => {
    const peer = new Peer(5000);
    expect(peer.send({ kind: 'asked-again' }, 300)).toEqual(['data 1+512']);
    peer.send(ack(1), 301);
    expect(peer.send({ kind: 'asked-again' }, 600)).toEqual([]);
  });

  it('does not answer requests that come faster than an answer', () => {
    const peer = new Peer(5000);
    const answers = Array.from({ length: 100 }, (_, now) => peer.send({ kind: 'asked-again' }, now));
    expect(answers.flat().length).toBeLessThan(6);
  });
});

describe('an end before the end', () => {
  it.each<[string, TransferEvent, string[]]>([
    [
      'the client leaves',
      { kind: 'packet', packet: { kind: 'error', code: 3, message: '' } },
      ['end aborted'],
    ],
    [
      'the client sends data',
      { kind: 'packet', packet: { kind: 'data', block: 1, bytes: new Uint8Array(0) } },
      ['error 4', 'end aborted'],
    ],
    ['the client is gone', { kind: 'unreachable' }, ['end aborted']],
  ])('%s', (_, event, expected) => {
    expect(new Peer(5000).send(event)).toEqual(expected);
  });

  it('is none where only the last ACK is missing', () => {
    const peer = new Peer(600);
    peer.send(ack(1));
    expect(peer.send({ kind: 'unreachable' })).toEqual(['end sent']);
  });
});
