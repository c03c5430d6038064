// SPDX-License-Identifier: GPL-2.0-only

/** What came of a scenario: as text for people, and as JSON for programs. */
import { inspect } from 'node:util';
import type { ProgramSummary, ScenarioResult, SimulationSummary } from '../../scenario/index.js';
import { dim, duration, green, red, table } from '../terminal.js';

/** How much of a program's result a table shows. */
const resultWidth = 60;

export function describeResult(name: string, result: ScenarioResult, brief: boolean): string {
  const { ok, simulations, files, wallSeconds, runSeconds } = result;
  const blocks = simulations.map((simulation) => {
    const { nowNs, events, digest } = simulation;
    const perSecond = Math.round(events / Math.max(runSeconds, 1e-3)).toLocaleString('en');
    const lines = [
      `${ok ? green('✓') : red('✗')} ${name}: ${seconds(nowNs)} of virtual time in ${duration(wallSeconds)}, ` +
        `${events.toLocaleString('en')} events (${perSecond}/s)`,
      ...(brief ? [] : details(simulation)),
      `digest ${digest}`,
    ];
    return lines.join('\n');
  });
  if (files.length > 0) blocks.push(`written: ${files.join(', ')}`);
  if (result.value !== undefined) blocks.push(`result: ${inspect(result.value)}`);
  return blocks.length === 0 ? '' : `\n${blocks.join('\n')}\n`;
}

function details({ hosts, programs, links, reports }: SimulationSummary): string[] {
  const drops = links.reduce((sum, link) => sum + link.drops, 0);
  const frames = links.reduce((sum, link) => sum + link.frames, 0);
  const lines = [
    `${plural(hosts.length, 'host')}, ${plural(links.length / 2, 'link')}: ${frames.toLocaleString('en')} frames, ` +
      `${drops.toLocaleString('en')} dropped`,
  ];
  if (programs.length > 0) {
    lines.push('', table(['PROGRAM', 'STATE', 'RESULT'], programs.map(programRow)), '');
  }
  if (reports.length > 0) {
    const rows = reports.map(({ timeNs, host, program, key, value }) => [
      ...[seconds(timeNs), `${host}/${program}`, key, shortened(value)],
    ]);
    lines.push(table(['TIME', 'BY', 'REPORT', 'VALUE'], rows), '');
  }
  return lines;
}

function programRow({ host, name, state, result, error, waiting }: ProgramSummary): string[] {
  const text = error ?? (waiting.length > 0 ? dim(waiting.join(', ')) : shortened(result));
  return [`${host}/${name}`, state, text];
}

function shortened(value: unknown): string {
  if (value === undefined) return '';
  const text = inspect(value, { breakLength: Infinity, depth: 3 });
  return text.length > resultWidth ? `${text.slice(0, resultWidth - 1)}…` : text;
}

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
const seconds = (ns: number): string => `${(ns / 1e9).toFixed(3)} s`;

/** The whole result, without the log: that is a file's matter. */
export function jsonResult({ error, simulations, ...rest }: ScenarioResult): string {
  const about = error && {
    code: error.code,
    message: error.message,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...(error.location ? { location: error.location } : {}),
  };
  const summaries = simulations.map(({ log, ...summary }) => ({
    ...summary,
    logLines: log.length,
  }));
  return JSON.stringify({ ...rest, ...(about ? { error: about } : {}), simulations: summaries });
}
