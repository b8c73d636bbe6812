import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openPty } from '../../console/io/pty.ts';
import { openRecorder } from '../../console/io/recorder.ts';
import { parseTranscript } from '../../console/transcript.ts';
import { SILENT_LOG } from '../../src/common/port.ts';
import { FakeClock } from '../fakes/clock.ts';
import { requireProgram } from '../support/require.ts';

const ASCIINEMA = requireProgram('asciinema');

/** What it prints on a terminal, as the recording has it. */
async function played(path: string): Promise<{ readonly text: string; readonly exitCode: number | null }> {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, LC_ALL: 'C.UTF-8', TERM: 'vt220' };
  const line = openPty([ASCIINEMA.path, 'cat', path], { env });
  const pieces: Uint8Array[] = [];
  line.onOutput((bytes) => void pieces.push(Uint8Array.from(bytes)));
  const { exitCode } = await line.closed;
  return { text: Buffer.concat(pieces).toString('utf8').replaceAll('\r\n', '\n'), exitCode };
}

describe.skipIf(ASCIINEMA.skip)(`asciinema${ASCIINEMA.skip ? ` (${ASCIINEMA.skip})` : ''}`, () => {
  it('plays a recording to its last event, also one that has reached its limit', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'puffboot-asciinema-'));
    try {
      const path = join(directory, 'full.cast');
      const clock = new FakeClock(1_700_000_000_000);
      const options = { path, clock, cols: 80, rows: 24, title: '"quotes" ü', log: SILENT_LOG, limit: 4000 };
      const recorder = await openRecorder(options);
      recorder.typed('puffy ~ "x" \\\r', false);
      for (let index = 0; index < 200; index += 1) {
        recorder.output(new TextEncoder().encode(`${index} ü "quoted" \\ \x1b[1mbold\x1b[m\t🐡\n`));
        clock.advance(10);
      }
      recorder.mark('the end');
      await recorder.close();
      const { events } = parseTranscript(readFileSync(path, 'utf8'), path);
      const output = events.map(({ code, text }) => (code === 'o' ? text : '')).join('');
      expect(output).toMatch(/^0 ü[\s\S]*\n5\d ü/);
      expect(await played(path)).toEqual({ text: output, exitCode: 0 });
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
