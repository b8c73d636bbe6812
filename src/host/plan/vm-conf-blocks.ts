/** A `vm` or `switch` block of a vm.conf(5), whoever wrote it. */
export interface ConfBlock {
  readonly kind: 'vm' | 'switch';
  readonly name: string;
  /** The whole block as it stands there, with a newline behind it. */
  readonly text: string;
  /** Of a VM: whether vmd(8) starts it by itself. */
  readonly enabled: boolean;
  /** Of a switch: its bridge(4) or veb(4). */
  readonly interface: string | null;
}

/**
 * The blocks of a vm.conf(5). Nothing is checked: vmd(8) itself does that, but it does not notice a name that is
 * there twice. Comments and quoted braces are understood, macros are not.
 */
export function confBlocks(text: string): readonly ConfBlock[] {
  const blocks: ConfBlock[] = [];
  let [depth, from, head] = [0, 0, ''];
  /** What stands directly in the block, without what is in braces of its own. */
  let direct = '';
  for (const { token, at } of tokensOf(text)) {
    if (token === '{') {
      depth += 1;
      if (depth === 1) direct = '';
      continue;
    }
    if (token === '}') {
      depth = Math.max(0, depth - 1);
      if (depth > 0) continue;
      const block = blockOf(head, direct, text.slice(from, at + 1));
      if (block !== null) blocks.push(block);
      head = '';
      continue;
    }
    if (depth === 1) direct += ` ${token}`;
    if (depth > 0) continue;
    if (token === '\n') head = '';
    else {
      if (head === '') from = at;
      head += ` ${token}`;
    }
  }
  return blocks;
}

/** Words, quoted strings, braces and newlines; a newline between a head and its brace counts for nothing. */
function* tokensOf(text: string): Generator<{ readonly token: string; readonly at: number }> {
  const form = /#[^\n]*|"(?:\\.|[^"\\])*"|[{}]|\n(?!\s*\{)|[^\s{}"#]+/g;
  for (const { 0: token, index } of text.matchAll(form))
    if (!token.startsWith('#')) yield { token, at: index };
}

function blockOf(head: string, direct: string, text: string): ConfBlock | null {
  const [, kind, name = ''] = /^ (vm|switch) "?([^"\s]+)"?/.exec(head) ?? [];
  if (kind !== 'vm' && kind !== 'switch') return null;
  return {
    kind,
    name,
    text: `${text}\n`,
    enabled: !/ disable(?=\s|$)/.test(direct),
    interface: / interface "?([^"\s]+)"?/.exec(direct)?.[1] ?? null,
  };
}

/** The block of a VM so that vmd(8) does not start it by itself. */
export const disabled = ({ text }: ConfBlock): string => text.replace(/^(\s*)enable$/m, '$1disable');
