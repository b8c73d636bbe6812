import { readdirSync, readFileSync } from 'node:fs';
import { parseTranscript, type TranscriptEvent } from '../../console/transcript.ts';

export interface Cast<Expected> {
  readonly file: string;
  readonly events: readonly TranscriptEvent[];
  /** What stands beside it in `NAME.expected.json`. */
  readonly expected: Expected;
}

/** Every recording of a folder of fixtures, with what is expected of it. */
export function readCasts<Expected>(directory: URL): {
  read(name: string): string;
  readonly casts: readonly Cast<Expected>[];
} {
  const read = (name: string): string => readFileSync(new URL(name, directory), 'utf8');
  const files = readdirSync(directory).filter((name) => name.endsWith('.cast'));
  const casts = files.map((file) => ({
    file,
    events: parseTranscript(read(file), file).events,
    expected: JSON.parse(read(file.replace('.cast', '.expected.json'))) as Expected,
  }));
  return { read, casts };
}
