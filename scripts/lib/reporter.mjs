// SPDX-License-Identifier: GPL-2.0-only

// Vitest's reporter in `npm test`: a line a test file with its time, and at the end each failure in full. Vitest
// calls it; it counts, and never decides the exit code.
import { relative } from 'node:path';
import { dim, duration, green, red } from '../../src/cli/terminal.js';

export class QuietReporter {
  passed = 0;
  failed = 0;
  skipped = 0;
  #vitest;
  #suite = '';

  onInit(vitest) {
    this.#vitest = vitest;
  }

  onTestModuleEnd(module) {
    if (module.project.name !== this.#suite) {
      this.#suite = module.project.name;
      console.log(this.#suite);
    }
    const tests = [...module.children.allTests()];
    const count = (state) => tests.filter((test) => test.result().state === state).length;
    this.passed += count('passed');
    this.failed += count('failed');
    this.skipped += count('skipped');
    // A file that cannot be loaded, or one whose hook fails, is one failure: it has no test that failed.
    const broken = brokenSuites(module);
    this.failed += broken.length;
    const ok = module.ok();
    const took = duration(module.diagnostic().duration / 1000);
    const skipped = count('skipped') > 0 ? `, ${count('skipped')} skipped` : '';
    const file = relative(this.#vitest.config.root, module.moduleId);
    console.log(
      `  ${ok ? green('✓') : red('✗')} ${file}  ${dim(`${tests.length} tests${skipped}, ${took}`)}`,
    );
    for (const test of module.children.allTests('failed'))
      console.log(`      ${red(test.fullName)}`);
    // What a test has found out and somebody may want to compare.
    for (const { message } of tests.flatMap((test) => test.annotations()))
      console.log(`      ${dim(message)}`);
  }

  onTestRunEnd(modules, unhandledErrors) {
    const { logger } = this.#vitest;
    for (const module of modules) {
      const failures = [...brokenSuites(module), ...module.children.allTests('failed')];
      for (const entity of failures) {
        const errors = entity.type === 'test' ? entity.result().errors : entity.errors();
        const name = entity.type === 'module' ? 'cannot run' : entity.fullName;
        console.log(
          `\n${red('✗')} ${relative(this.#vitest.config.root, module.moduleId)} › ${name}`,
        );
        for (const error of errors) logger.printError(error, { project: module.project });
      }
    }
    for (const error of unhandledErrors) {
      console.log(`\n${red('✗')} an error that no test was there to catch`);
      logger.printError(error);
    }
    this.failed += unhandledErrors.length;
  }
}

/** The module and the suites in it that have errors of their own. */
function brokenSuites(module) {
  return [module, ...module.children.allSuites()].filter((suite) => suite.errors().length > 0);
}
