// SPDX-License-Identifier: GPL-2.0-only

/**
 * What a kernel calls: reads the arguments out of its memory and hands them to the instance's receiver. Runs
 * while the kernel is inside a call, so nothing here calls back into it, the thread trampoline apart.
 */
import type { KernelExports, KernelImports } from './abi.generated.js';
import type { Entropy } from './environment.js';
import type { KernelMemory } from './memory.js';

/** Who is told. All methods record, throw nothing (`died` apart) and never call the kernel. */
export interface KernelReceiver {
  entropy: Entropy;
  transmit(nic: number, frame: number): void;
  wake(cookie: number, events: number): void;
  signal(task: number): void;
  logged(level: number, text: string): void;
  warned(message: string): void;
  /** Throws. */
  died(cause: number, message: string): never;
}

export interface ModuleExports extends KernelExports {
  readonly __stack_pointer: WebAssembly.Global<'i32'>;
}

/** Thrown through the kernel's frames to end a thread; not an Error, whose stack would cost at each throw. */
class ThreadExit {
  readonly message = 'a kernel thread ended outside the thread trampoline';
}
const threadExit = new ThreadExit();

/** `exports` is asked for only once the kernel runs. */
export function kernelImports(
  memory: KernelMemory,
  receiver: KernelReceiver,
  exports: () => ModuleExports,
): KernelImports {
  return {
    transmit: (nic, frame) => receiver.transmit(nic, frame >>> 0),
    wake: (cookie, events) => receiver.wake(cookie >>> 0, events >>> 0),
    signal: (task) => receiver.signal(task >>> 0),
    log: (level, text, length) => receiver.logged(level, memory.readText(text, length)),
    warn: (text, length) => receiver.warned(memory.readText(text, length)),
    die: (cause, text, length) => receiver.died(cause, memory.readText(text, length)),
    entropy(buffer, length) {
      const at = buffer >>> 0;
      receiver.entropy.fill(memory.bytes.subarray(at, at + length));
    },
    thread(task) {
      const kernel = exports();
      const stackPointer = kernel.__stack_pointer.value;
      try {
        kernel.lib_thread_run(task);
      } catch (thrown) {
        if (thrown !== threadExit) throw thrown;
        kernel.__stack_pointer.value = stackPointer;
      }
    },
    thread_exit() {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- it is caught a few frames up, always
      throw threadExit;
    },
  };
}
