import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/**
 * Calls back with each line of JSON that arrives, as a value. A line that is no JSON is passed over.
 * @param most characters of one line; the other end is not what it should be when one is longer
 */
export function onJsonLine(
  stream: Readable,
  most: number,
  { take, tooLong }: { take(value: unknown): void; tooLong(): void },
): void {
  const decoder = new StringDecoder('utf8');
  let pieces: string[] = [];
  let length = 0;
  let broken = false;
  const end = () => {
    const line = pieces.join('');
    pieces = [];
    length = 0;
    const value = parsed(line);
    if (value !== undefined) take(value);
  };
  stream.on('data', (chunk: Buffer) => {
    const [first = '', ...rest] = broken ? [] : decoder.write(chunk).split('\n');
    const add = (piece: string) => {
      length += piece.length;
      pieces.push(piece);
    };
    add(first);
    for (const piece of rest) {
      end();
      add(piece);
    }
    if (length <= most || broken) return;
    broken = true;
    pieces = [];
    tooLong();
  });
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
