// SPDX-License-Identifier: GPL-2.0-only

/**
 * Where a thread is that does not answer: stops it through Node's inspector, which works in an endless loop too
 * (of JavaScript, of promises or of wasm), and asks it for its stack. Context: the process's main thread.
 */
import { Session } from 'node:inspector';
import { isMainThread, type Worker } from 'node:worker_threads';

/** A thread in a loop stops within milliseconds; one in a system call never does. */
const patienceMs = 3000;
const againMs = 100;
const pausesMax = 50;

/** Deep enough to reach the scenario from within libos. */
const stackExpression = '(Error.stackTraceLimit = 100, new Error("here").stack)';

export interface ThreadPlace {
  /** Its stack as `Error.stack` has it, with the source's lines. */
  readonly stack: string;
  /** What the expression gave. */
  readonly value: unknown;
}

interface CallFrame {
  readonly callFrameId: string;
  readonly location: { readonly scriptId: string };
}

interface Reply {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: { readonly result?: { readonly value?: unknown } };
}

/**
 * The place where a thread is, and the value of an expression there; undefined when it cannot be found out. The
 * thread goes on afterwards.
 */
export async function placeOf(
  worker: Worker,
  expression: string,
): Promise<ThreadPlace | undefined> {
  if (!isMainThread) return undefined;
  const session = new Session();
  session.connect();
  try {
    return await within(
      patienceMs,
      new ThreadInspector(session, worker.threadId).place(expression),
    );
  } finally {
    session.disconnect();
  }
}

/** The inspector's dialogue with one thread: messages within messages. */
class ThreadInspector {
  readonly #session: Session;
  readonly #threadId: number;
  readonly #replies = new Map<number, (reply: Reply) => void>();
  /** Scripts that are files: what is neither Node's own nor wasm. */
  readonly #files = new Set<string>();
  #onPaused: (frames: readonly CallFrame[]) => void = () => undefined;
  #sessionId = '';
  #lastId = 0;

  constructor(session: Session, threadId: number) {
    this.#session = session;
    this.#threadId = threadId;
  }

  async place(expression: string): Promise<ThreadPlace | undefined> {
    await this.#attach();
    this.#listen();
    await this.#send('Debugger.enable');
    // Between two promises it is in Node's own code nearly all of the time: it shall stop when it has left that.
    await this.#send('Debugger.setBlackboxPatterns', { patterns: ['^node:'] });
    let own: CallFrame | undefined;
    // In native code between two functions it may be nowhere: then it is stopped again.
    for (let tries = 0; tries < pausesMax && !own; tries++) {
      if (tries > 0) await this.#send('Debugger.resume');
      const frames = await this.#pause();
      // Expressions see the scenario's globals in the frames of files only.
      own = frames.find(({ location }) => this.#files.has(location.scriptId));
    }
    if (!own) {
      await this.#send('Debugger.resume');
      return undefined;
    }
    const { callFrameId } = own;
    const evaluate = async (text: string): Promise<unknown> => {
      const options = { callFrameId, expression: text, returnByValue: true };
      return (await this.#send('Debugger.evaluateOnCallFrame', options)).result?.result?.value;
    };
    const stack = await evaluate(stackExpression);
    const value = await evaluate(expression);
    // Neither the end of the session nor that of the thread would.
    await this.#send('Debugger.resume');
    return { stack: typeof stack === 'string' ? stack : '', value };
  }

  #attach(): Promise<void> {
    return new Promise((resolve) => {
      this.#session.on('NodeWorker.attachedToWorker', ({ params }) => {
        if (!params.workerInfo.title.startsWith(`[worker ${this.#threadId}]`)) return;
        this.#sessionId = params.sessionId;
        resolve();
      });
      this.#session.post('NodeWorker.enable', { waitForDebuggerOnStart: false });
    });
  }

  /** Asks again while it does not stop: a request that Node's own code meets last before a promise is done is lost. */
  async #pause(): Promise<readonly CallFrame[]> {
    const paused = new Promise<readonly CallFrame[]>((resolve) => {
      this.#onPaused = resolve;
    });
    for (let waitedMs = 0; waitedMs < patienceMs; waitedMs += againMs) {
      void this.#send('Debugger.pause');
      const frames = await within(againMs, paused);
      if (frames) return frames;
    }
    return paused;
  }

  #listen(): void {
    this.#session.on('NodeWorker.receivedMessageFromWorker', ({ params }) => {
      if (params.sessionId !== this.#sessionId) return;
      const reply = JSON.parse(params.message) as Reply;
      if (reply.id !== undefined) this.#replies.get(reply.id)?.(reply);
      else if (reply.method === 'Debugger.paused') {
        this.#onPaused(reply.params!['callFrames'] as readonly CallFrame[]);
      } else if (reply.method === 'Debugger.scriptParsed') {
        const { url, scriptId } = reply.params as { url: string; scriptId: string };
        if (url.startsWith('file:')) this.#files.add(scriptId);
      }
    });
  }

  #send(method: string, params: object = {}): Promise<Reply> {
    const id = ++this.#lastId;
    const message = JSON.stringify({ id, method, params });
    const reply = new Promise<Reply>((resolve) => this.#replies.set(id, resolve));
    this.#session.post('NodeWorker.sendMessageToWorker', { sessionId: this.#sessionId, message });
    return reply;
  }
}

async function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
