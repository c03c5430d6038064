/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LIBOS_ADDON_FAULTS_H
#define LIBOS_ADDON_FAULTS_H
/* Faults of a kernel's code end that kernel, not the process. */
#include "kernel/copy.h"

/* Once a process, before the first kernel is called. */
void libos_faults_catch(void);

/* Around each call into a kernel, of the thread that makes it. */
void libos_faults_enter(const struct copy_calls *calls);
void libos_faults_leave(void);

#endif
