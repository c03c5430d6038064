// SPDX-License-Identifier: GPL-2.0-only
/*
 * Time is an argument of each entry: lib_state.now_ns. One clock source reads
 * it, one one-shot event device writes the next deadline to lib_state.timer_ns.
 */
#include <linux/clockchips.h>
#include <linux/clocksource.h>
#include <linux/delay.h>
#include <linux/hardirq.h>
#include <linux/init.h>
#include <linux/interrupt.h>
#include <linux/sched_clock.h>
#include <linux/timekeeping.h>
#include <asm/irq_regs.h>

#include "lib.h"

u64 lib_now_ns(void)
{
	return lib_state.now_ns;
}

cycles_t get_cycles(void)
{
	return lib_state.now_ns + 1;	/* nought would mean that there is none */
}

static u64 clock_read(struct clocksource *cs)
{
	return lib_state.now_ns;
}

static struct clocksource clock = {
	.name	= "host",
	.rating	= 400,
	.read	= clock_read,
	.mask	= CLOCKSOURCE_MASK(64),
	/* Cycles are nanoseconds; the shift leaves NTP something to adjust. */
	.mult	= 1 << 20,
	.shift	= 20,
	.flags	= CLOCK_SOURCE_IS_CONTINUOUS,
};

static int event_set(ktime_t expires, struct clock_event_device *dev)
{
	lib_state.timer_ns = expires;
	return 0;
}

static int event_shutdown(struct clock_event_device *dev)
{
	lib_state.timer_ns = U64_MAX;
	return 0;
}

static struct clock_event_device event = {
	.name			= "host",
	.features		= CLOCK_EVT_FEAT_ONESHOT | CLOCK_EVT_FEAT_KTIME,
	.rating			= 400,
	.mult			= 1,
	.shift			= 0,
	.min_delta_ns		= 1,
	.max_delta_ns		= KTIME_MAX,
	.min_delta_ticks	= 1,
	.max_delta_ticks	= ULONG_MAX,
	.set_next_ktime		= event_set,
	.set_state_shutdown	= event_shutdown,
	.set_state_oneshot	= event_shutdown,
};

void read_persistent_clock64(struct timespec64 *ts)
{
	*ts = ns_to_timespec64(lib_state.realtime_offset_ns + lib_state.now_ns);
}

struct clocksource * __init clocksource_default_clock(void)
{
	return &clock;
}

void __init time_init(void)
{
	__clocksource_register(&clock);
	event.cpumask = cpumask_of(0);
	clockevents_register_device(&event);
}

/* Context: called by the host through lib_timer(). */
void lib_timer_interrupt(void)
{
	struct pt_regs regs = { }, *old = set_irq_regs(&regs);

	if (lib_state.timer_ns > lib_state.now_ns) {
		set_irq_regs(old);
		return;
	}
	lib_state.timer_ns = U64_MAX;
	local_irq_disable();
	irq_enter();
	event.event_handler(&event);
	irq_exit();
	local_irq_enable();
	set_irq_regs(old);
}

void calibrate_delay(void)
{
	loops_per_jiffy = 1;
}
