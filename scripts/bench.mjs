// npm run bench [NAME...]: runs the benchmarks of scripts/bench/, all of them without a name.
import { readdir } from 'node:fs/promises';

const folder = new URL('./bench/', import.meta.url);
const all = (await readdir(folder)).filter((file) => file.endsWith('.mjs')).map((file) => file.slice(0, -4));
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`no benchmark called ${unknown.join(', ')}; there are: ${all.join(', ')}\n`);
  process.exit(2);
}
for (const name of wanted.length > 0 ? wanted : all) {
  process.stdout.write(`== ${name}\n`);
  const { bench } = await import(new URL(`${name}.mjs`, folder));
  await bench();
}
