import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { replayTranscript } from '../../../console/replay.ts';
import { EVIDENCE_MARK, parseTranscript } from '../../../console/transcript.ts';

export interface TypedAnswer {
  /** Seconds since the recording began. */
  readonly at: number;
  readonly prompt: string;
  readonly answer: string;
}

/** What the driver typed in the recordings of this VM, each with the prompt that it answered. */
export async function answersTyped(directory: string, vm: string): Promise<readonly TypedAnswer[]> {
  const files = (await readdir(directory).catch(() => [])).filter(isRecordingOf(vm)).sort();
  const recordings = await Promise.all(files.map((name) => readFile(join(directory, name), 'utf8')));
  return recordings.flatMap((text, index) => typedIn(text, files[index] ?? ''));
}

const isRecordingOf = (vm: string) => (file: string) => file.startsWith(`${vm}-`) && file.endsWith('.cast');

function typedIn(text: string, file: string): readonly TypedAnswer[] {
  const { events: all } = parseTranscript(text, file);
  const asked = all.findIndex(({ code, text: mark }) => code === 'm' && mark === EVIDENCE_MARK);
  const events = asked < 0 ? all : all.slice(0, asked);
  const facts = { mode: 'auto', answers: [], location: null, until: 'login' } as const;
  const { prompts } = replayTranscript(events, facts);
  return events
    .filter(({ code }) => code === 'i')
    .map(({ at, text: typed }) => {
      const prompt = prompts.findLast((candidate) => candidate.at <= at);
      return { at, prompt: prompt?.text ?? '', answer: typed.replace(/\r$/, '') };
    });
}
