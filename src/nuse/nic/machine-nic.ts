// SPDX-License-Identifier: GPL-2.0-only

/** What NICs that lead through one interface of the machine share: frames until it is gone, which is said once. */
import type { HostNic } from '../../host/index.js';
import type { NicBackend, NicCounters, NicEnvironment } from './backend.js';
import { machineInterface, nicError, noSuchInterface, type MachineInterface } from './machine.js';
import { NicPump, type Wire } from './pump.js';
import type { NicUrl } from './url.js';

export abstract class MachineNic implements NicBackend {
  abstract readonly offloads: NicBackend['offloads'];
  abstract readonly mtu: number | undefined;
  readonly #pump: NicPump;
  #state = 'up';

  /** `gone` is what its state says once the wire is broken: "gone". */
  protected constructor(
    { text, target }: NicUrl,
    environment: NicEnvironment,
    wire: Wire,
    gone = 'gone',
  ) {
    this.#pump = new NicPump({
      label: text,
      environment,
      onBroken: (why) => {
        this.#state = `${target} is ${gone} (${why})`;
        environment.log(`${text}: ${this.#state}`);
      },
    });
    this.#pump.attach(wire);
  }

  get counters(): NicCounters {
    return this.#pump.counters;
  }

  get state(): string {
    return this.#state;
  }

  start(nic: HostNic): void {
    this.#pump.start(nic);
  }

  close(): Promise<void> {
    this.#pump.stop();
    return Promise.resolve();
  }
}

/** The interface that a URL names; throws ERR_LIBOS_NIC where there is none, or it is down. */
export function raisedInterface({ text, target }: NicUrl): MachineInterface {
  const found = machineInterface(target);
  if (!found) throw noSuchInterface(text, target);
  if (!found.up) throw nicError(text, `${target} is down`, `as root: ip link set ${target} up`);
  return found;
}
