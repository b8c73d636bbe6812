/** A command line as sh(1) takes it apart: words, or what the shell would say. */
export type ShellWords = { readonly words: readonly string[] } | { readonly error: string };

/** Unquoted, these mean something that this host does not simulate: nobody is to rely on it by accident. */
const MEANING = /[;&|<>()`$*?[\]{}~#!\n]/;

/**
 * Splits one simple command by the quoting rules of sh(1): '...' as it stands, "..." with \ before $ ` " \
 * and newline, \ before anything.
 */
export function shellWords(line: string): ShellWords {
  const words: string[] = [];
  let word: string | null = null;
  for (let at = 0; at < line.length; at++) {
    const char = line.charAt(at);
    if (char === ' ' || char === '\t') {
      if (word !== null) words.push(word);
      word = null;
    } else if (char === "'") {
      const end = line.indexOf("'", at + 1);
      if (end < 0) return { error: 'sh: no closing quote' };
      word = (word ?? '') + line.slice(at + 1, end);
      at = end;
    } else if (char === '"') {
      const quoted = doubleQuoted(line, at + 1);
      if (quoted === null) return { error: 'sh: no closing quote' };
      word = (word ?? '') + quoted.text;
      at = quoted.end;
    } else if (char === '\\') {
      at += 1;
      if (line.charAt(at) !== '\n') word = (word ?? '') + line.charAt(at);
    } else if (MEANING.test(char)) {
      return { error: `sh: unquoted ${JSON.stringify(char)}: not part of the simulated host` };
    } else word = (word ?? '') + char;
  }
  if (word !== null) words.push(word);
  return { words };
}

function doubleQuoted(line: string, from: number): { readonly text: string; readonly end: number } | null {
  let text = '';
  for (let at = from; at < line.length; at++) {
    const char = line.charAt(at);
    if (char === '"') return { text, end: at };
    const next = line.charAt(at + 1);
    if (char === '\\' && '$`"\\\n'.includes(next) && next !== '') {
      if (next !== '\n') text += next;
      at += 1;
    } else text += char;
  }
  return null;
}
