// SPDX-License-Identifier: GPL-2.0-only

/** An error as it leaves the scenario's thread: its words, and the place in the scenario that they are about. */
import { existsSync, readFileSync } from 'node:fs';
import { basename, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { LibosError } from '../errors.js';
import { packageRoot } from '../package-root.js';

/** A place in a scenario. */
export interface SourceLocation {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
}

export interface Failure {
  /** `ERR_LIBOS_…` for what libos says, the error's own code or name for the rest. */
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly location?: SourceLocation;
  /** With those of its causes. */
  readonly stack: string;
}

/** Frames that are not the scenario's: libos, Node.js, libraries. */
const ownFolders = ['src', join('dist', 'src'), 'kernel', join('dist', 'kernel')].map(
  (folder) => join(packageRoot, folder) + sep,
);
const scenariosWithin = join(packageRoot, 'test') + sep;

/** Whatever was thrown, as plain data. `file`: the scenario's, for errors that have no line of it in their stack. */
export function describeFailure(thrown: unknown, file: string): Failure {
  if (!(thrown instanceof Error)) {
    const text = inspect(thrown);
    return {
      code: 'thrown',
      message: `the scenario threw ${text}, which is no error`,
      stack: text,
    };
  }
  const syntax = syntaxFailure(thrown);
  if (syntax) return syntax;
  const missing = missingImport(thrown, file);
  const location = missing ?? locationOf(thrown);
  const { hint } = thrown as { hint?: unknown };
  const { message, code } = wordsOf(thrown);
  return {
    code,
    message,
    ...(typeof hint === 'string' ? { hint } : {}),
    ...(location ? { location } : {}),
    stack: inspect(thrown),
  };
}

/** A failure as an error again. */
export class ScenarioError extends LibosError {
  override readonly name = 'ScenarioError';
  readonly location: SourceLocation | undefined;
  /** @internal */
  constructor({ code, message, hint, location, stack }: Failure) {
    const text =
      location && !mentions(message, location) ? `${message} (${at(location)})` : message;
    super(
      code.startsWith('ERR_LIBOS_') ? code : 'ERR_LIBOS_SCENARIO',
      text,
      hint === undefined ? {} : { hint },
    );
    this.location = location;
    // That of the scenario's thread: this one's says nothing.
    this.stack = stack;
  }
}

const at = ({ file, line }: SourceLocation): string => `${basename(file)}:${line}`;

function mentions(message: string, location: SourceLocation): boolean {
  return new RegExp(`${basename(location.file).replace(/\W/g, '\\$&')}:${location.line}\\b`).test(
    message,
  );
}

function wordsOf(error: Error): { message: string; code: string } {
  const { code } = error as { code?: unknown };
  if (error instanceof LibosError) return { message: error.message, code: error.code };
  const own = typeof code === 'string' ? code : error.name;
  const prefix = error.name === 'Error' ? '' : `${error.name}: `;
  return { message: `${prefix}${error.message}`, code: own };
}

/** The first frame that is the scenario's, in the innermost error that has one. */
function locationOf(error: Error): SourceLocation | undefined {
  const inner = error.cause instanceof Error ? locationOf(error.cause) : undefined;
  const stack = error.stack ?? '';
  return inner ?? [...heading(stack), ...frames(stack)].find(({ file }) => isScenarios(file));
}

/** What Node.js says of a module that it cannot link, above its stack: "file:line", and the line. */
function heading(stack: string): SourceLocation[] {
  const [, file, line] = /^((?:file:\/\/|\/|[A-Za-z]:\\).*):(\d+)\n/.exec(stack) ?? [];
  return file === undefined ? [] : [{ file: pathOf(file), line: Number(line), column: 1 }];
}

/** The frames of a stack, with real files only. */
export function frames(stack: string): SourceLocation[] {
  return stack.split('\n').flatMap((text) => {
    const frame =
      /^\s+at (?:async )?(?:.*\()?((?:file:\/\/|\/|[A-Za-z]:\\)[^()]*?):(\d+):(\d+)\)?$/.exec(text);
    if (!frame) return [];
    return [{ file: pathOf(frame[1]!), line: Number(frame[2]), column: Number(frame[3]) }];
  });
}

export function isScenarios(file: string): boolean {
  if (file.includes(`${sep}node_modules${sep}`)) return false;
  return file.startsWith(scenariosWithin) || !ownFolders.some((folder) => file.startsWith(folder));
}

function pathOf(file: string): string {
  const path = file.replace(/[?#].*$/, '');
  return path.startsWith('file://') ? fileURLToPath(path) : path;
}

/** What our loader and esbuild say of a file that they cannot read: "file:line:column: ERROR: text". */
function syntaxFailure(error: Error): Failure | undefined {
  const [, file, line, column, text] =
    /(?:^|\n)(.+?):(\d+):(\d+): ERROR: (.*)/.exec(error.message) ?? [];
  if (file === undefined || !/^(Transform|Syntax)Error$/.test(error.name)) return undefined;
  return {
    code: 'ERR_LIBOS_SYNTAX',
    message: `syntax error: ${text!}`,
    location: { file, line: Number(line), column: Number(column) + 1 },
    stack: inspect(error),
  };
}

/** An import of what is not there: the line that imports it. */
function missingImport(error: Error, scenario: string): SourceLocation | undefined {
  if (
    !('code' in error) ||
    !/^ERR_(MODULE_NOT_FOUND|PACKAGE_PATH|UNSUPPORTED)/.test(String(error.code))
  ) {
    return undefined;
  }
  const [, named, from] = /'([^']+)'.*imported from (.+)$/m.exec(error.message) ?? [];
  const file = from === undefined ? scenario : pathOf(from);
  if (named === undefined || !existsSync(file) || !isScenarios(file)) return undefined;
  const last = basename(named).replace(/\.[cm]?[jt]sx?$/, '');
  const lines = readFileSync(file, 'utf8').split('\n');
  const index = lines.findIndex((line) => /\b(import|from)\b/.test(line) && line.includes(last));
  return index < 0 ? undefined : { file, line: index + 1, column: 1 };
}
