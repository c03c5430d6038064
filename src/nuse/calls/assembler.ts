// SPDX-License-Identifier: GPL-2.0-only

/**
 * Classic BPF with labels, for the filter that seccomp runs on each system call. Jumps go forward only, and a
 * conditional one at most 255 instructions: what does not fit is refused by name.
 */

/** One instruction, as struct sock_filter has it. */
export interface Instruction {
  readonly code: number;
  readonly jumpTrue: number;
  readonly jumpFalse: number;
  readonly k: number;
}

/** Load a word of the data at offset k. */
export const LOAD = 0x20;
export const JUMP = 0x05;
export const JUMP_EQUAL = 0x15;
export const JUMP_GREATER = 0x25;
export const JUMP_GREATER_OR_EQUAL = 0x35;
export const JUMP_ANY_BIT = 0x45;
export const RETURN = 0x06;

interface Pending {
  readonly code: number;
  readonly k: number;
  readonly onTrue?: string;
  readonly onFalse?: string;
}

export class Assembler {
  readonly #pending: Pending[] = [];
  readonly #labels = new Map<string, number>();

  label(name: string): this {
    if (this.#labels.has(name)) throw new Error(`assembler: label ${name} twice`);
    this.#labels.set(name, this.#pending.length);
    return this;
  }

  load(offset: number): this {
    this.#pending.push({ code: LOAD, k: offset });
    return this;
  }

  /** Where a label is not given, the next instruction follows. */
  jumpIf(code: number, k: number, onTrue?: string, onFalse?: string): this {
    this.#pending.push({
      code,
      k,
      ...(onTrue === undefined ? {} : { onTrue }),
      ...(onFalse === undefined ? {} : { onFalse }),
    });
    return this;
  }

  jump(label: string): this {
    this.#pending.push({ code: JUMP, k: 0, onTrue: label });
    return this;
  }

  answer(value: number): this {
    this.#pending.push({ code: RETURN, k: value });
    return this;
  }

  assemble(): readonly Instruction[] {
    return this.#pending.map(({ code, k, onTrue, onFalse }, at) => {
      if (code === JUMP) {
        return { code, jumpTrue: 0, jumpFalse: 0, k: this.#distance(at, onTrue!) };
      }
      const jumpTrue = this.#short(at, onTrue);
      const jumpFalse = this.#short(at, onFalse);
      return { code, jumpTrue, jumpFalse, k: k >>> 0 };
    });
  }

  #short(at: number, label: string | undefined): number {
    if (label === undefined) return 0;
    const distance = this.#distance(at, label);
    if (distance > 255) throw new Error(`assembler: ${label} is too far from instruction ${at}`);
    return distance;
  }

  #distance(at: number, label: string): number {
    const target = this.#labels.get(label);
    if (target === undefined) throw new Error(`assembler: no label ${label}`);
    if (target <= at) throw new Error(`assembler: ${label} lies behind instruction ${at}`);
    return target - at - 1;
  }
}
