import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';

/** Folder -> layer. The first row that fits a path counts; a file may import its own layer and lower ones. */
const LAYERS = [
  { layer: 4, where: /^src\/(main\.ts$|cli\/)/ }, // composition root
  { layer: 3, where: /(^|\/)io\// }, // effects
  { layer: 2, where: /^src\/(install|web|rehearsal)\// }, // application
  { layer: 1, where: /^(netboot|sets|console|src\/(host|inventory|config))\// }, // peers
  { layer: 0, where: /^src\/(common|autoinstall)\// }, // values and the installer's rules
] as const;

/** Peers, with their `io/`, know themselves and layer 0 alone. */
const PEER = /^(netboot|sets|console|src\/(?:host|inventory|config))\//;

/** Modules that reach outside the process. */
const EFFECTFUL =
  /^(node:(?!path$|util$|assert$|buffer$|string_decoder$|url$)|node-pty|better-sqlite3|kysely|pino|express|helmet|ws|esbuild|commander|@xterm\/)/;

const sources = ['src', 'netboot', 'sets', 'console'].flatMap(walk);

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(folder, entry.name);
    if (entry.isDirectory()) return walk(path);
    return path.endsWith('.ts') ? [path] : [];
  });
}

function layerOf(path: string): number | null {
  return LAYERS.find(({ where }) => where.test(path))?.layer ?? null;
}

const peerOf = (path: string): string | undefined => PEER.exec(path)?.[1];

function importsOf(text: string): string[] {
  const specifiers = text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g);
  return [...specifiers].map((match) => match[1] ?? '');
}

/** What a file may not import, in words; empty when it is well-behaved. */
function violations(file: string, text: string): string[] {
  const own = layerOf(file);
  if (own === null) return [`${file} lies in no layer`];
  // Pages run in a browser, whose effects are its own.
  if (file.startsWith('src/web/browser/')) return [];
  return importsOf(text).flatMap((specifier) => {
    if (!specifier.startsWith('.')) {
      return EFFECTFUL.test(specifier) && own < 3 ? [`${file} reaches outside through ${specifier}`] : [];
    }
    const target = posix.join(posix.dirname(file), specifier);
    const layer = layerOf(target);
    if (layer === null) return [`${file} imports ${target}, which lies in no layer`];
    if (layer > own) return [`${file} imports ${target}, which lies above it`];
    const foreign = PEER.test(file) && layer > 0 && peerOf(target) !== peerOf(file);
    return foreign ? [`${file} imports ${target}, which belongs to a peer`] : [];
  });
}

describe('layers', () => {
  it.each(sources)('%s imports only what lies below it', (file) => {
    expect(violations(file, readFileSync(file, 'utf8'))).toEqual([]);
  });

  it.each([
    ['an effect in a pure module', 'console/screen.ts', "import { readFileSync } from 'node:fs';"],
    ['a peer', 'console/screen.ts', "import { EMPTY_CATALOG } from '../netboot/catalog.ts';"],
    ['a peer from io', 'netboot/io/service.ts', "import { openPty } from '../../console/io/pty.ts';"],
    [
      'the application from a peer',
      'netboot/io/service.ts',
      "import { step } from '../../src/install/lifecycle.ts';",
    ],
    ['io from a pure module', 'src/install/lifecycle.ts', "import { runInstall } from './io/runner.ts';"],
    ['the composition root', 'src/io/control.ts', "import { openApi } from '../cli/api.ts';"],
    ['a dynamic import', 'src/common/error.ts', "await import('node:net')"],
  ])('would refuse %s', (_, file, text) => {
    expect(violations(file, text)).toHaveLength(1);
  });
});
