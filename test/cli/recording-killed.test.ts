import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseTranscript } from '../../console/transcript.ts';
import { PROGRAM, until } from '../support/puffboot.ts';

/** Counts on its console, and beside it, in a file that says how far it came. */
const COUNTING = `i=0; while :; do i=$((i+1)); echo "tick $i ."; echo $i >"$0"; sleep 0.02; done`;
/** What is printed in a second, at most. */
const TICKS_A_SECOND = 50;

it('loses at most the last second when puffboot is killed with -9', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'puffboot-killed-'));
  try {
    const [cast, counter] = [join(directory, 'killed.cast'), join(directory, 'counter')];
    const argv = [PROGRAM, 'drive', '--record', cast, '--', 'sh', '-c', COUNTING, counter];
    const drive = spawn(process.execPath, argv, { stdio: 'ignore' });
    const gone = new Promise((resolve) => drive.once('exit', resolve));
    const counted = () => Number(readFileSync(counter, 'utf8'));
    await until(async () => existsSync(cast) && readFileSync(cast, 'utf8').includes('tick 60 .'), 30);
    drive.kill('SIGKILL');
    const before = counted();
    await gone;
    const { events } = parseTranscript(readFileSync(cast, 'utf8'), cast);
    const text = events.map((event) => event.text).join('');
    const last = Number([...text.matchAll(/tick (\d+) \./g)].at(-1)?.[1]);
    expect(last).toBeGreaterThanOrEqual(before - TICKS_A_SECOND);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}, 60_000);
