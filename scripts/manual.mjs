// Writes the README's tables anew from the compiled program: configuration keys and errors.
import { readFile, writeFile } from 'node:fs/promises';
import { FIXES } from '../dist/src/common/error.js';
import { renderConfigTable } from '../dist/src/config/keys.js';

const errors = [
  '| code | what to do |\n| --- | --- |\n',
  ...Object.entries(FIXES).map(([code, fix]) => `| \`${code}\` | ${fix.replaceAll('|', '\\|')} |\n`),
].join('');

/** A table is the run of lines that begin with a bar, below its heading. */
function replaceTable(text, heading, table) {
  const start = text.indexOf('\n|', text.indexOf(`\n## ${heading}\n`)) + 1;
  const end = text.slice(start).search(/\n(?!\|)/) + start + 1;
  return text.slice(0, start) + table + text.slice(end);
}

const readme = new URL('../README.md', import.meta.url);
const text = await readFile(readme, 'utf8');
await writeFile(readme, replaceTable(replaceTable(text, 'Configure', renderConfigTable()), 'Errors', errors));
