// SPDX-License-Identifier: GPL-2.0-only

/**
 * Curves over time in the terminal, drawn with Braille patterns: two by four dots a character. Several curves
 * stand below each other on one time axis, so that they can be told apart without colour.
 */

export interface Curve {
  readonly title: string;
  /** Times in rising order, and a value each. */
  readonly points: readonly (readonly [x: number, y: number])[];
  /** How a value is written beside the axis. */
  readonly format?: (value: number) => string;
  /** Paints the curve: one of the terminal's colours. */
  readonly paint?: (text: string) => string;
}

export interface PlotOptions {
  /** Characters that curves are wide and high, without what stands beside them. */
  readonly width?: number;
  readonly height?: number;
  /** What the time axis is called, and how its ends are written. */
  readonly xTitle?: string;
  readonly xFormat?: (value: number) => string;
}

const dotsAcross = 2;
const dotsDown = 4;
const brailleBlank = 0x2800;
/** The bit of each dot, row by row. */
const dotBits = [0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80];

/** Lines of text; empty when no curve has a point. */
export function plot(curves: readonly Curve[], options: PlotOptions = {}): string[] {
  const { width = 60, height = 5, xTitle = '', xFormat = String } = options;
  const span = { from: Infinity, to: -Infinity };
  for (const [x] of curves.flatMap(({ points }) => points)) {
    span.from = Math.min(span.from, x);
    span.to = Math.max(span.to, x);
  }
  if (span.from === Infinity) return [];
  const panels = curves.map((curve) => panel(curve, span, width, height));
  const margin = Math.max(...panels.flatMap(({ labels }) => labels.map(({ length }) => length)));
  const lines = panels.flatMap(({ title, rows, labels, paint }) => [
    `${' '.repeat(margin)}  ${title}`,
    ...rows.map((row, index) => {
      const label = labels[index] ?? '';
      return `${label.padStart(margin)} ${label === '' ? '│' : '┤'}${paint(row)}`;
    }),
  ]);
  const [from, to] = [xFormat(span.from), xFormat(span.to)];
  const middle = xTitle.padStart(Math.floor((width - from.length - to.length + xTitle.length) / 2));
  const axis = `${from}${middle.padEnd(Math.max(0, width - from.length - to.length))}${to}`;
  return [
    ...lines,
    `${' '.repeat(margin)} └${'─'.repeat(width)}`,
    `${' '.repeat(margin)}  ${axis}`,
  ];
}

function panel(
  { title, points, format = String, paint = plain }: Curve,
  span: { readonly from: number; readonly to: number },
  width: number,
  height: number,
) {
  const top =
    points.reduce((most, [, y]) => (Number.isFinite(y) ? Math.max(most, y) : most), 0) || 1;
  const labels = Array.from({ length: height }, (_, row) =>
    row === 0 ? format(top) : row === height - 1 ? format(0) : '',
  );
  return { title, rows: draw(points, span, top, width, height), labels, paint };
}

/** From 0 at the bottom to `top`. */
function draw(
  points: Curve['points'],
  span: { readonly from: number; readonly to: number },
  top: number,
  width: number,
  height: number,
): string[] {
  const [columns, rows] = [width * dotsAcross, height * dotsDown];
  const cells = new Uint8Array(width * height);
  const columnOf = (x: number): number =>
    Math.round(((x - span.from) / (span.to - span.from || 1)) * (columns - 1));
  const rowOf = (y: number): number =>
    rows - 1 - Math.round((Math.min(Math.max(y, 0), top) / top) * (rows - 1));
  const dot = (column: number, row: number): void => {
    const cell = Math.floor(row / dotsDown) * width + Math.floor(column / dotsAcross);
    cells[cell]! |= dotBits[(row % dotsDown) * dotsAcross + (column % dotsAcross)]!;
  };
  let last: readonly [column: number, row: number] | undefined;
  for (const [x, y] of points) {
    const next = [columnOf(x), rowOf(y)] as const;
    line(last ?? next, next, dot);
    last = next;
  }
  return Array.from({ length: height }, (_, row) => {
    const codes = Array.from(cells.subarray(row * width, (row + 1) * width));
    return String.fromCharCode(...codes.map((bits) => brailleBlank + bits));
  });
}

const plain = (text: string): string => text;

/** Every dot between two, both included. */
function line(
  [fromColumn, fromRow]: readonly [number, number],
  [toColumn, toRow]: readonly [number, number],
  dot: (column: number, row: number) => void,
): void {
  const steps = Math.max(Math.abs(toColumn - fromColumn), Math.abs(toRow - fromRow), 1);
  for (let step = 0; step <= steps; step++) {
    dot(
      Math.round(fromColumn + ((toColumn - fromColumn) * step) / steps),
      Math.round(fromRow + ((toRow - fromRow) * step) / steps),
    );
  }
}
