// SPDX-License-Identifier: GPL-2.0-only

/** Two hosts in two workers, and what goes wrong there. */
import { Simulation, type Program } from 'libos';
import { NR } from 'libos/posix';
import { parameters } from 'libos/scenario';

const { how } = parameters({ how: 'none' });
const sim = new Simulation({ seed: 3 });
const alice = sim.host('alice', { worker: 0 });
const bob = sim.host('bob', { worker: 1 });
const link = sim.connect(alice, bob, { rate: '10 Mbit/s', delay: '5 ms' });

let left = 0;
const program: Program = bob.run(
  async (os) => {
    await os.sleep('1 s');
    left = 1;
    switch (how) {
      case 'throws':
        throw new RangeError('out of luck');
      case 'panics':
        os.posix.port.syscall(0xfffffff0, NR.getpid, 0, 0, 0, 0, 0, 0);
        return;
      case 'spins':
        for (;;) left++;
      case 'function':
        return () => left;
      case 'changes':
        link.down();
        return;
      default:
        return how;
    }
  },
  { name: 'culprit' },
);
// Somebody who would go on.
alice.run(async (os) => os.sleep('10 s'), { name: 'other' });

if (how === 'promise') await sim.runUntil(program.done);
if (how === 'reaches') bob.sysctl('net.ipv4.ip_forward');
await sim.run('2 s');
// Only one worker has run the program.
if (how === 'diverges') await sim.run(left === 1 ? '1 s' : '2 s');
if (how === 'leaves' && left === 0) await sim.run('1 s');
if (how === 'snapshot') sim.snapshot();
console.log('result', program.result);
