// SPDX-License-Identifier: GPL-2.0-only
/*
 * Process 1 of the oracle kernel: reads a plan, a command a line, makes its network and its traffic, and writes what
 * it measured. The commands are explained where plans are written, in bench/fidelity/oracle-plan.ts. It sends and
 * receives exactly as bench/fidelity/traffic.ts does on the library: the same sizes, no think time, one event loop
 * for all hosts, so that the two runs differ in nothing but the kernel's form and the wires.
 *
 * Its folder on the machine, "/proc/self/cwd" there, holds "plan" and gets "result".
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "guest.h"

static FILE *result;

void report(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vfprintf(result, format, arguments);
	va_end(arguments);
}

/* Ends the machine; the reason is the last line of the result. */
void fail(const char *format, ...)
{
	va_list arguments;
	FILE *out = result ? result : stderr;

	fprintf(out, "error ");
	va_start(arguments, format);
	vfprintf(out, format, arguments);
	va_end(arguments);
	fprintf(out, "\n");
	fflush(out);
	reboot(RB_POWER_OFF);
	_exit(1);
}

static int first_network;

/* Moves into a host's network namespace; "-" is the kernel's first one. */
void enter_host(const char *name)
{
	int is_first = !strcmp(name, "-"), fd = first_network;
	char path[128];

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	if (!is_first)
		fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET) < 0)
		fail("no host %s: %s", name, strerror(errno));
	if (!is_first)
		close(fd);
}

static void run_program(char *const argv[])
{
	int status;
	pid_t child;

	enter_host("-");
	child = fork();
	if (child < 0)
		fail("fork: %s", strerror(errno));
	if (child == 0) {
		execvp(argv[0], argv);
		_exit(127);
	}
	if (waitpid(child, &status, 0) < 0 || status != 0)
		fail("%s %s ended with %d", argv[0], argv[1] ? argv[1] : "", status);
}

/* sysctl HOST net/ipv4/NAME VALUE… */
static void set_sysctl(char *const argv[], int argc)
{
	char path[256], value[256] = "";
	int fd;

	for (int i = 3; i < argc; i++) {
		strncat(value, argv[i], sizeof(value) - strlen(value) - 2);
		strcat(value, i + 1 < argc ? " " : "");
	}
	enter_host(argv[1]);
	snprintf(path, sizeof(path), "/proc/sys/%s", argv[2]);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		fail("sysctl %s=%s: %s", argv[2], value, strerror(errno));
	close(fd);
}

/* forget HOST…: as "ip netns delete" does */
static void forget_hosts(char *const argv[])
{
	char path[128];

	enter_host("-");
	for (char *const *name = argv + 1; *name; name++) {
		snprintf(path, sizeof(path), "/run/netns/%s", *name);
		if (umount2(path, MNT_DETACH) < 0 || unlink(path) < 0)
			fail("cannot forget %s: %s", *name, strerror(errno));
	}
}

static void run_command(char *line)
{
	char *argv[32];
	int argc = 0;

	for (char *word = strtok(line, " \n"); word && argc < 31; word = strtok(NULL, " \n"))
		argv[argc++] = word;
	argv[argc] = NULL;
	if (argc == 0)
		return;
	if (!strcmp(argv[0], "exec"))
		run_program(argv + 1);
	else if (!strcmp(argv[0], "sysctl"))
		set_sysctl(argv, argc);
	else if (!strcmp(argv[0], "plain") && argc == 3)
		turn_off_offloads(argv[1], argv[2]);
	else if (!strcmp(argv[0], "netem"))
		add_netem(argv, argc);
	else if (!strcmp(argv[0], "clear"))
		clear_flows();
	else if (!strcmp(argv[0], "forget"))
		forget_hosts(argv);
	else if (!strcmp(argv[0], "run"))
		run_flows(atoll(argv[1]));
	else if (!strcmp(argv[0], "say"))
		report("say %s\n", argv[1]);
	else
		add_flow(argv, argc);
}

static void mount_at(const char *kind, const char *path, const char *options)
{
	if (mount("none", path, kind, 0, options) < 0)
		fail("mount %s at %s: %s", kind, path, strerror(errno));
}

int main(void)
{
	static char line[4096];
	FILE *plan;

	setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
	mount_at("proc", "/proc", "");
	mount_at("sysfs", "/sys", "");
	mount_at("tmpfs", "/run", "");
	mkdir("/run/plan", 0755);
	mount_at("hostfs", "/run/plan", "/proc/self/cwd");
	first_network = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	/* A timer may fire up to 50 µs late by default, and must not here. */
	prctl(PR_SET_TIMERSLACK, 1);
	result = fopen("/run/plan/result", "w");
	plan = fopen("/run/plan/plan", "r");
	if (!plan || !result)
		fail("no plan: %s", strerror(errno));
	while (fgets(line, sizeof(line), plan))
		run_command(line);
	report("end\n");
	fclose(result);
	reboot(RB_POWER_OFF);
	return 0;
}
