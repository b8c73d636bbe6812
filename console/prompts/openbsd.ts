import { compileTable, type PromptTable } from './compile.ts';
import { OPENBSD_MARKERS } from './openbsd-markers.ts';
import { OPENBSD_PROMPTS } from './openbsd-prompts.ts';

/** The installer of OpenBSD 5.8 to 7.9, and what runs before and after it. */
export const OPENBSD_TABLE: PromptTable = compileTable(
  {
    name: 'OpenBSD',
    releases: 'seen 7.3-7.6, read 5.8, read 6.0, read 6.2, read 6.9, read 7.9',
    prompts: [...OPENBSD_PROMPTS],
    lines: [...OPENBSD_MARKERS],
  },
  null,
);
