/**
 * The difference of two texts in the unified format of diff(1), with three lines around each change; empty for
 * equal texts. Lines are compared by Myers' greedy algorithm ("An O(ND) Difference Algorithm and Its Variations",
 * 1986), after what begins and ends alike was set aside.
 *
 * @param before null: there is no such file yet
 */
export function unifiedDiff(path: string, before: string | null, after: string): string {
  if (before === after) return '';
  const edits = editsOf(linesOf(before ?? ''), linesOf(after));
  const head = `--- ${before === null ? '/dev/null' : path}\n+++ ${path}\n`;
  return head + hunksOf(edits).map(renderHunk).join('');
}

interface Edit {
  readonly sign: ' ' | '-' | '+';
  /** With its newline, which the last line may lack. */
  readonly line: string;
  /** Line numbers from 0, of the place in both texts at which this edit stands. */
  readonly before: number;
  readonly after: number;
}

const CONTEXT = 3;

const linesOf = (text: string): readonly string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];

function editsOf(before: readonly string[], after: readonly string[]): readonly Edit[] {
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  const middle = signsOf(before.slice(head, before.length - tail), after.slice(head, after.length - tail));
  const signs = [...' '.repeat(head), ...middle, ...' '.repeat(tail)] as Edit['sign'][];
  let [b, a] = [0, 0];
  return signs.map((sign) => {
    const edit = { sign, line: (sign === '+' ? after[a] : before[b]) ?? '', before: b, after: a };
    if (sign !== '+') b += 1;
    if (sign !== '-') a += 1;
    return edit;
  });
}

/** One sign for each line of the way from `before` to `after`. */
function signsOf(before: readonly string[], after: readonly string[]): readonly Edit['sign'][] {
  if (before.length === 0) return after.map(() => '+');
  if (after.length === 0) return before.map(() => '-');
  return trace(furthestPoints(before, after), before.length, after.length);
}

/** For each number of edits, how far into `before` each diagonal k = x - y was reached with one edit less. */
function furthestPoints(before: readonly string[], after: readonly string[]): readonly Map<number, number>[] {
  const rounds: Map<number, number>[] = [];
  let reached = new Map<number, number>([[1, 0]]);
  for (let edits = 0; ; edits += 1) {
    rounds.push(reached);
    const next = new Map<number, number>();
    for (let k = -edits; k <= edits; k += 2) {
      let x = isDown(reached, k, edits) ? (reached.get(k + 1) ?? 0) : (reached.get(k - 1) ?? 0) + 1;
      while (x < before.length && x - k < after.length && before[x] === after[x - k]) x += 1;
      next.set(k, x);
      if (x >= before.length && x - k >= after.length) return rounds;
    }
    reached = next;
  }
}

/** Whether diagonal k is best reached by an insertion. */
function isDown(reached: ReadonlyMap<number, number>, k: number, edits: number): boolean {
  return k === -edits || (k !== edits && (reached.get(k - 1) ?? -1) < (reached.get(k + 1) ?? -1));
}

function trace(
  rounds: readonly ReadonlyMap<number, number>[],
  width: number,
  height: number,
): Edit['sign'][] {
  const signs: Edit['sign'][] = [];
  let [x, y] = [width, height];
  for (const [edits, reached] of [...rounds.entries()].reverse()) {
    const k = x - y;
    const down = isDown(reached, k, edits);
    const fromX = reached.get(down ? k + 1 : k - 1) ?? 0;
    const fromY = fromX - (down ? k + 1 : k - 1);
    while (x > Math.max(fromX, 0) && y > Math.max(fromY, 0)) {
      signs.push(' ');
      x -= 1;
      y -= 1;
    }
    if (edits > 0) signs.push(down ? '+' : '-');
    [x, y] = [fromX, fromY];
  }
  return signs.reverse();
}

/** Changes that are so near to each other that their surroundings touch are one hunk. */
function hunksOf(edits: readonly Edit[]): readonly (readonly Edit[])[] {
  const hunks: Edit[][] = [];
  let end = -1;
  for (const [at, { sign }] of edits.entries()) {
    if (sign === ' ') continue;
    const from = Math.max(at - CONTEXT, end);
    const to = Math.min(at + CONTEXT + 1, edits.length);
    const last = hunks.at(-1);
    if (last !== undefined && at - CONTEXT <= end) last.push(...edits.slice(end, to));
    else hunks.push(edits.slice(Math.max(from, 0), to));
    end = to;
  }
  return hunks;
}

function renderHunk(edits: readonly Edit[]): string {
  const [first] = edits;
  const removed = edits.filter(({ sign }) => sign !== '+').length;
  const added = edits.filter(({ sign }) => sign !== '-').length;
  const lines = edits.map(({ sign, line }) =>
    line.endsWith('\n') ? sign + line : `${sign}${line}\n\\ No newline at end of file\n`,
  );
  return `@@ -${range(first?.before ?? 0, removed)} +${range(first?.after ?? 0, added)} @@\n${lines.join('')}`;
}

/** A range without lines is named by the line before it. */
function range(start: number, count: number): string {
  if (count === 1) return String(start + 1);
  return `${count === 0 ? start : start + 1},${count}`;
}
