// SPDX-License-Identifier: GPL-2.0-only

/** Runs a scenario in this thread: makes its globals virtual, imports its module, and lets it run to its end. */
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parameters } from '../parameters.js';
import {
  currentProgram,
  scenarioError,
  heartbeatLife,
  heartbeatStop,
  setRunContext,
  Simulation,
  WorkerShare,
} from '../../dce/index.js';
import { isOutside } from '../../dce/index.js';
import { LibosError } from '../../errors.js';
import { turnOfEventLoop } from '../../host/index.js';
import { Scenario } from '../define.js';
import { describeFailure } from '../failure.js';
import { checkParameters, giveParameters } from '../parameters.js';
import type { CapturePart, ScenarioMessage, ScenarioOutcome, ScenarioRequest } from '../request.js';
import { installGlobals } from './globals/install.js';
import { everyRealMs } from './globals/real.js';
import { answerWhere } from '../where.js';
import { registerLoader } from './loader.js';
import { Observers } from './observers.js';
import { installConsole } from './output.js';
import { Realms } from './realms.js';
import { cloneable, summarise } from './summary.js';

/** How often the thread says that its event loop is alive. */
const lifePeriodMs = 200;

/** A simulation of the scenario and what we know of it. */
interface Entry {
  readonly simulation: Simulation;
  hasRun: boolean;
}

/** The last thing it sends is how that went. Context: once in a thread, which may end in the middle of it. */
export async function evaluateScenario(
  request: ScenarioRequest,
  send: (message: ScenarioMessage) => void,
): Promise<void> {
  await new ScenarioRun(request, send).evaluate();
}

class ScenarioRun {
  readonly #request: ScenarioRequest;
  readonly #send: (message: ScenarioMessage) => void;
  readonly #heartbeat: Float64Array;
  readonly #entries: Entry[] = [];
  readonly #realms: Realms;
  readonly #observers: Observers;
  readonly #share: WorkerShare | undefined;
  /** What the run is to end with, if something has gone wrong where nobody waits for it. */
  #stopWith: Error | undefined;

  constructor(request: ScenarioRequest, send: (message: ScenarioMessage) => void) {
    this.#request = request;
    this.#send = send;
    this.#heartbeat = new Float64Array(request.heartbeat);
    this.#realms = new Realms(request.seed ?? 1);
    this.#observers = new Observers(request, send);
    const onWarning = (text: string): void =>
      send({ kind: 'output', stream: 'stderr', text: `warning: ${text}\n` });
    this.#share = request.share && new WorkerShare(request.share, { onWarning });
  }

  async evaluate(): Promise<void> {
    this.#install();
    // Node.js ends a thread that waits for what cannot happen.
    const onExit = (): void => this.#end(undefined, this.#stuck());
    process.once('exit', onExit);
    let value: unknown;
    let thrown: unknown;
    try {
      value = cloneable(await this.#run());
      // Whoever has not been listened to is heard of in the next turn.
      await turnOfEventLoop();
      thrown = this.#stopWith;
    } catch (error) {
      if (!this.#endsWell(error)) thrown = error ?? new Error(`the scenario threw ${error}`);
    }
    process.off('exit', onExit);
    this.#end(value, thrown);
  }

  #end(value: unknown, thrown: unknown): void {
    const file = fileURLToPath(this.#request.url);
    let failure = thrown === undefined ? undefined : describeFailure(thrown, file);
    let files: readonly string[] = [];
    try {
      files = this.#observers.close();
    } catch (error) {
      failure ??= describeFailure(error, file);
    }
    // Those that still wait for this one wait in vain.
    this.#share?.leave();
    const outcome: ScenarioOutcome = {
      ...(failure ? { failure } : {}),
      ...(this.#share ? { captureParts: this.#captureParts() } : {}),
      value,
      simulations: this.#entries.map(({ simulation }) => summarise(simulation)),
      files,
    };
    this.#send({ kind: 'end', outcome });
  }

  #stuck(): Error {
    const at = this.#realms.waitsSince;
    const code = 'ERR_LIBOS_SCENARIO';
    const message = 'the scenario has stopped at an await that nothing can end';
    const hint =
      'timers and simulated sockets get on only while the simulation runs: await sim.run(…)';
    return at
      ? scenarioError(code, message, { hint, at })
      : new LibosError(code, message, { hint });
  }

  #captureParts(): readonly CapturePart[] {
    return this.#entries.flatMap(({ simulation }) => simulation.observation.captureParts);
  }

  #install(): void {
    const { seed, untilNs, parameters: given } = this.#request;
    this.#heartbeat[heartbeatLife] = 1;
    everyRealMs(lifePeriodMs, () => this.#heartbeat[heartbeatLife]!++);
    setRunContext({
      ...(seed === undefined ? {} : { seed }),
      ...(untilNs === undefined ? {} : { untilNs }),
      heartbeat: this.#heartbeat,
      ...(this.#share ? { share: this.#share } : {}),
      onStop: () => this.#stop(),
      onSimulation: (simulation) => this.#add(simulation),
      onRun: (simulation, endNs) => this.#begin(simulation, endNs),
    });
    answerWhere(() => currentProgram()?.label);
    giveParameters(given);
    registerLoader();
    installConsole((stream, text) => this.#send({ kind: 'output', stream, text }));
    forbidExit();
    installGlobals(this.#realms.current, () => this.#mayReachOutside());
    // While a run is under way, dce hears of those that are a program's.
    process.on('unhandledRejection', (reason) => {
      if (!currentProgram()) this.#interrupt(reason);
    });
    process.on('uncaughtException', (error) => {
      const program = currentProgram();
      if (program) program.fail(error);
      else this.#interrupt(error);
    });
  }

  async #run(): Promise<unknown> {
    const module = (await import(this.#request.url)) as { readonly default?: unknown };
    let value: unknown;
    if (module.default instanceof Scenario) {
      const { options, build } = module.default;
      const values = parameters(options.parameters ?? {});
      value = await build({ sim: new Simulation(options.simulation), parameters: values });
    }
    if (this.#entries.length === 0) {
      throw new LibosError('ERR_LIBOS_SCENARIO', 'the scenario makes no simulation', {
        hint: 'const sim = new Simulation({ seed: 1 }), or export default scenario(({ sim }) => { … })',
      });
    }
    checkParameters();
    for (const { hasRun, simulation } of this.#entries) if (!hasRun) await simulation.run();
    return value;
  }

  #add(simulation: Simulation): void {
    this.#entries.push({ simulation, hasRun: false });
    this.#realms.enter(simulation);
    this.#send({ kind: 'simulation', seed: simulation.seed });
    this.#observers.add(simulation, this.#entries.length - 1);
  }

  #begin(simulation: Simulation, endNs: number): void {
    const entry = this.#entries.find((each) => each.simulation === simulation)!;
    if (!entry.hasRun) {
      checkParameters();
    }
    entry.hasRun = true;
    this.#send({ kind: 'run', nowNs: simulation.nowNs, endNs });
  }

  #mayReachOutside(): boolean {
    if (isOutside()) return true;
    if (currentProgram()) return false;
    return !this.#entries.some(({ simulation }) => simulation.engine.running);
  }

  #interrupt(reason: unknown): void {
    this.#stopWith ??=
      reason instanceof Error ? reason : new Error('an unhandled rejection', { cause: reason });
    this.#heartbeat[heartbeatStop] = 1;
  }

  #stop(): never {
    if (this.#stopWith instanceof Error) throw this.#stopWith;
    throw new LibosError('ERR_LIBOS_INTERRUPTED', 'the run was interrupted');
  }

  /** The end that the run was asked to come to. */
  #endsWell(error: unknown): boolean {
    return error instanceof LibosError && error.code === 'ERR_LIBOS_UNTIL';
  }
}

/** A scenario ends by itself, with its files written. */
function forbidExit(): void {
  process.exit = (code) => {
    throw new LibosError('ERR_LIBOS_EXIT', `process.exit(${code ?? ''}) in a scenario`, {
      hint: 'let it come to its end, or throw an error',
    });
  };
}
