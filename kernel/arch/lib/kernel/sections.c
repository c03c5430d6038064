// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bounds of sections that a linker script would give. Linked first: the
 * order in which initcall levels appear here is their order in memory, so that
 * Linux's walk from one level's start to the next one's works.
 */
#include <linux/init.h>
#include <linux/sched/task_stack.h>
#include <asm/sections.h>

static int __init nothing(void)
{
	return 0;
}

#define LEVEL(name)							\
	static initcall_entry_t first_##name __used __section("initcall_" #name) = nothing

LEVEL(early);
LEVEL(0);
LEVEL(0s);
LEVEL(1);
LEVEL(1s);
LEVEL(2);
LEVEL(2s);
LEVEL(3);
LEVEL(3s);
LEVEL(4);
LEVEL(4s);
LEVEL(5);
LEVEL(5s);
LEVEL(rootfs);
LEVEL(6);
LEVEL(6s);
LEVEL(7);
LEVEL(7s);

/* Code has no addresses, and read-only data is not told apart: empty ranges. */
char _text[1], _stext[1], _etext[1], _sinittext[1], _einittext[1];
char _data[1], _sdata[1], _edata[1], __bss_start[1], __bss_stop[1], _end[1];
char __init_begin[1], __init_end[1];
char __start_rodata[1], __end_rodata[1], __start_ro_after_init[1], __end_ro_after_init[1];
char __per_cpu_load[1], __per_cpu_start[1], __per_cpu_end[1];
char __sched_text_start[1], __sched_text_end[1], __lock_text_start[1], __lock_text_end[1];
char __cpuidle_text_start[1], __cpuidle_text_end[1], __kprobes_text_start[1], __kprobes_text_end[1];
char __entry_text_start[1], __entry_text_end[1], __noinstr_text_start[1], __noinstr_text_end[1];
char __irqentry_text_start[1], __irqentry_text_end[1];
char __softirqentry_text_start[1], __softirqentry_text_end[1];
char __start_once[1], __end_once[1];
char __start_notes[1], __stop_notes[1];
struct exception_table_entry *__start___ex_table[1], *__stop___ex_table[1];

unsigned long init_stack[THREAD_SIZE / sizeof(unsigned long)] __aligned(THREAD_SIZE);
