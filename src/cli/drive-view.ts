import type { DriveEvent, DriveResult } from '../../console/io/driver.ts';
import { type PromptTable, unverified } from '../../console/prompts/table.ts';
import { describeEvent, describeOutcome } from '../../console/view.ts';
import { printable } from './table.ts';

/** Where a drive shows itself. */
export interface DriveScreen {
  /** For what was asked for: events, the outcome. */
  readonly out: (text: string) => void;
  /** For what goes wrong beside it. */
  readonly err: (text: string) => void;
  /** True on a terminal, where percentages are drawn over each other. */
  readonly redraws: boolean;
  /** Somebody sits there who can type. */
  readonly types?: boolean;
}

/** What a drive tells while it runs, and at its end. */
interface View {
  readonly show: (event: DriveEvent) => void;
  readonly end: (result: DriveResult) => void;
}

/** @param json an object a line, the report last; else lines for somebody at a terminal */
export function viewOf(
  json: boolean,
  { out, redraws, types = false }: DriveScreen,
  table: PromptTable | undefined,
): View {
  if (json) {
    return {
      show: (event) =>
        out(`${JSON.stringify(noteOf(event, table) === null ? event : { ...event, unverified: true })}\n`),
      end: ({ tail: _, evidence: __, ...report }) => out(`${JSON.stringify(report)}\n`),
    };
  }
  let drawn = false;
  const print = (text: string): void => {
    out(`${drawn ? CLEAR_LINE : ''}${text}\n`);
    drawn = false;
  };
  return {
    show(event) {
      const described = describeEvent(event, table?.system);
      if (described === null) return;
      const text = printable(described);
      const note = noteOf(event, table);
      if (note !== null) return print(`${text}, ${note}`);
      if (types && waitsForSomebody(event)) return print(`${text}; press RETURN to take the line`);
      if (event.kind !== 'progress' || event.percent === 100) return print(text);
      if (redraws) out(`${drawn ? CLEAR_LINE : ''}${text}`);
      drawn = redraws;
    },
    end: (result) => print(printable(describeOutcome(result, table?.system))),
  };
}

/** Why to look twice at what follows, null where there is no reason. */
const noteOf = (event: DriveEvent, table: PromptTable | undefined): string | null =>
  event.kind === 'release' ? unverified(event.release, table) : null;

const waitsForSomebody = (event: DriveEvent): boolean =>
  event.kind === 'prompt' && event.answer === null && event.name !== 'login';

/** To the first column, and erase what stands there. */
const CLEAR_LINE = '\r\x1b[K';
