// SPDX-License-Identifier: GPL-2.0-only

/** A scenario that declares itself, with parameters of every type. */
import { scenario } from 'libos/scenario';

export default scenario(
  {
    parameters: {
      rate: '10 Mbit/s',
      clients: { default: 2, description: 'how many hosts ask' },
      congestion: { default: 'cubic', choices: ['cubic', 'reno'] },
      fast: false,
    },
  },
  ({ sim, parameters }) => {
    const server = sim.host('server');
    for (let number = 1; number <= parameters.clients; number++) {
      const client = sim.host(`client-${number}`);
      sim.connect(client, server, { rate: parameters.rate, delay: '2 ms' });
      client.run((os) => os.ping('server'), { name: 'ping' });
    }
    return { ...parameters, seed: sim.seed };
  },
);
