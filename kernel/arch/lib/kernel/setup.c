// SPDX-License-Identifier: GPL-2.0-only
/* What start_kernel() asks of an architecture, in the order in which it asks. */
#include <linux/cpu.h>
#include <linux/delay.h>
#include <linux/init.h>
#include <linux/irq.h>
#include <linux/interrupt.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/reboot.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <asm/setup.h>

#include "lib.h"

static char command_line[COMMAND_LINE_SIZE];

void __init setup_arch(char **cmdline)
{
	lib_die_setup();
	snprintf(boot_command_line, COMMAND_LINE_SIZE, "%s %s", CONFIG_CMDLINE,
		 lib_state.cmdline);
	strscpy(command_line, boot_command_line, COMMAND_LINE_SIZE);
	*cmdline = command_line;
	parse_early_param();
	lib_memory_setup();
	lib_zones_setup();
}

void __init trap_init(void)
{
}

void __init init_IRQ(void)
{
}

int show_interrupts(struct seq_file *m, void *v)
{
	return 0;
}

/* There is nothing to restart or to power off: the host ends a host. */

void machine_restart(char *cmd)
{
	lib_die(LIB_DIE_PANIC, "restart requested");
}

void machine_halt(void)
{
	lib_die(LIB_DIE_PANIC, "halt requested");
}

void machine_power_off(void)
{
	lib_die(LIB_DIE_PANIC, "power off requested");
}

static int show_cpu(struct seq_file *m, void *v)
{
	seq_puts(m, "processor\t: 0\nmodel name\t: libos\n");
	return 0;
}

static void *cpu_start(struct seq_file *m, loff_t *pos)
{
	return *pos < 1 ? (void *)1 : NULL;
}

static void *cpu_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return NULL;
}

static void cpu_stop(struct seq_file *m, void *v)
{
}

const struct seq_operations cpuinfo_op = {
	.start	= cpu_start,
	.next	= cpu_next,
	.stop	= cpu_stop,
	.show	= show_cpu,
};
