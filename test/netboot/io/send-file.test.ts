import { describe, expect, it } from 'vitest';
import type { OpenedFile } from '../../../netboot/files.ts';
import type { Reply } from '../../../netboot/io/http-connection.ts';
import { sendFile } from '../../../netboot/io/send-file.ts';

const SIZE = 300_000;
const PIECE = 64 * 1024;

const file = (more: Partial<OpenedFile> = {}): OpenedFile => ({
  size: SIZE,
  modifiedAt: 0,
  read: async (into) => into.length,
  close: async () => undefined,
  ...more,
});

/** Takes all at once, and tells of each piece. */
const reply = (piece: (bytes: Uint8Array) => Promise<boolean>): Reply => ({
  from: '127.0.0.1',
  text: () => 0,
  head: () => undefined,
  piece,
  cut: () => null,
});

describe('a file that is sent', () => {
  it('leaves a turn to everybody else after each piece', async () => {
    const order: string[] = [];
    await sendFile(
      file(),
      0,
      SIZE,
      reply(async () => {
        order.push('piece');
        setImmediate(() => order.push('turn'));
        return true;
      }),
    );
    expect(order.slice(0, 4)).toEqual(['piece', 'turn', 'piece', 'turn']);
  });

  it('is sent from its offset on, and no further than asked', async () => {
    const [places, lengths]: [number[], number[]] = [[], []];
    const read = async (into: Uint8Array, offset: number) => {
      places.push(offset);
      return into.length;
    };
    const sent = await sendFile(
      file({ read }),
      2 ** 32 + 5,
      PIECE + 9,
      reply(async (bytes) => {
        lengths.push(bytes.length);
        return true;
      }),
    );
    expect(sent).toEqual({ bytes: PIECE + 9, fault: null });
    expect(places).toEqual([2 ** 32 + 5, 2 ** 32 + 5 + PIECE]);
    expect(lengths).toEqual([PIECE, 9]);
  });

  it.each<[string, Partial<OpenedFile>, string]>([
    ['is written to', { isUnchanged: async () => false }, 'the file changed while it was sent'],
    [
      'became shorter',
      { read: async (into) => into.length - 1 },
      'the file became shorter while it was sent',
    ],
    [
      'cannot be read',
      { read: () => Promise.reject(new Error('EIO: i/o error, read')) },
      'EIO: i/o error, read',
    ],
  ])('and %s ends with its fault, and with what had been sent', async (_, more, fault) => {
    const read: OpenedFile['read'] = (into, offset) =>
      offset < PIECE || more.read === undefined ? Promise.resolve(into.length) : more.read(into, offset);
    const sent = await sendFile(
      file({ ...more, read }),
      0,
      2 * PIECE,
      reply(async () => true),
    );
    expect(sent).toEqual({ bytes: PIECE, fault });
  });

  it('to a client that leaves has no fault', async () => {
    let pieces = 0;
    const sent = await sendFile(
      file(),
      0,
      SIZE,
      reply(async () => {
        pieces += 1;
        return pieces < 2;
      }),
    );
    expect(sent).toEqual({ bytes: PIECE, fault: null });
  });
});
