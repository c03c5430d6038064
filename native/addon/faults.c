// SPDX-License-Identifier: GPL-2.0-only
/*
 * A bad pointer in a kernel is a signal of the process that hosts it. While a thread is inside a kernel, such a
 * signal ends that kernel as a trap of WebAssembly would; every other goes to whoever had it before.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "faults.h"

static const int caught[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE };
#define CAUGHT (sizeof(caught) / sizeof(caught[0]))
#define HANDLER_STACK_BYTES 65536

static struct sigaction before[CAUGHT];
static __thread const struct copy_calls *inside __attribute__((tls_model("initial-exec")));
static pthread_once_t once = PTHREAD_ONCE_INIT;

static const struct sigaction *previous(int number)
{
	for (size_t i = 0; i < CAUGHT; i++) {
		if (caught[i] == number)
			return &before[i];
	}
	return NULL;
}

static void fault(int number, siginfo_t *info, void *context)
{
	const struct copy_calls *kernel = inside;
	const struct sigaction *other = previous(number);
	char what[128];

	/* A positive code is a fault; others were sent by somebody. */
	if (kernel && info->si_code > 0) {
		inside = NULL;
		snprintf(what, sizeof(what), "signal %d (%s) at address %p", number,
			 sigabbrev_np(number), info->si_addr);
		kernel->trapped(what);
	}
	if (other->sa_flags & SA_SIGINFO) {
		other->sa_sigaction(number, info, context);
	} else if (other->sa_handler == SIG_DFL || other->sa_handler == SIG_IGN) {
		/* Comes again as soon as this returns, and then does what it does without us. */
		sigaction(number, other, NULL);
	} else {
		other->sa_handler(number);
	}
}

static void catch_faults(void)
{
	struct sigaction action = {
		.sa_sigaction = fault,
		/* NODEFER: the handler is left by a jump, which restores no mask. */
		.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER,
	};

	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < CAUGHT; i++)
		sigaction(caught[i], &action, &before[i]);
}

void libos_faults_catch(void)
{
	stack_t present;

	pthread_once(&once, catch_faults);
	/* A kernel that recurses without end has no stack left for a handler. */
	if (sigaltstack(NULL, &present) == 0 && (present.ss_flags & SS_DISABLE)) {
		/* The thread's from now on, to its end. */
		stack_t own = { .ss_sp = malloc(HANDLER_STACK_BYTES), .ss_size = HANDLER_STACK_BYTES };

		if (own.ss_sp)
			sigaltstack(&own, NULL);
	}
}

void libos_faults_enter(const struct copy_calls *calls)
{
	inside = calls;
}

void libos_faults_leave(void)
{
	inside = NULL;
}
