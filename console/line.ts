export type { Line, LineEnd } from '../src/common/line.ts';
