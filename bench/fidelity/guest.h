/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the oracle's process 1 know of each other. */
#ifndef LIBOS_FIDELITY_GUEST_H
#define LIBOS_FIDELITY_GUEST_H

void report(const char *format, ...) __attribute__((format(printf, 1, 2)));
void fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
void enter_host(const char *name);

/* A frame is a frame: nothing is merged or split on the way. */
void turn_off_offloads(const char *host, const char *device);

/* netem HOST DEVICE rateBitsPerSecond delayNs limitPackets lossProbability seed; rate 0: none */
void add_netem(char *const argv[], int argc);

/* A line that describes traffic, see guest-traffic.c. */
void add_flow(char *const argv[], int argc);
void clear_flows(void);
/* Lets all traffic pass that was described, for so long, and reports it. */
void run_flows(long long duration_ns);

#endif
