// Bundles what browsers load into dist/web: one script for each page, the styles, the icon.
import { copyFile, mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const out = root('dist/web');

await mkdir(out, { recursive: true });
await build({
  entryPoints: {
    list: root('src/web/browser/list.ts'),
    console: root('src/web/browser/console.ts'),
    login: root('src/web/browser/login.ts'),
    style: root('src/web/browser/style.css'),
    graph: root('src/web/browser/graph.css'),
    xterm: root('node_modules/@xterm/xterm/css/xterm.css'),
  },
  outdir: out,
  bundle: true,
  minify: true,
  format: 'esm',
  target: ['es2022'],
  legalComments: 'linked',
  logLevel: 'warning',
});
await copyFile(root('src/web/browser/icon.svg'), `${out}/icon.svg`);
