// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: the files of a breaker in sysfs
 *
 * A directory holds the key of its breaker and no reference to it. A read
 * looks it up, and finds -ENODEV when it has just gone.
 *
 * Documentation/ABI/testing/sysfs-class-cbreak describes the files.
 *
 * Context: process.
 */
#include <linux/kobject.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "fill.h"
#include "net.h"
#include "sysfs.h"

struct breaker_attribute {
	struct attribute attr;
	ssize_t (*show)(const struct cbreak_dest *dest,
			const struct cbreak_snapshot *snap, char *buf);
};

static ssize_t state_show(const struct cbreak_dest *dest,
			  const struct cbreak_snapshot *snap, char *buf)
{
	static const char * const names[] = {
		[CBREAK_STATE_PASSING] = "passing",
		[CBREAK_STATE_BROKEN] = "broken",
		[CBREAK_STATE_RECOVERING] = "recovering",
	};

	return sysfs_emit(buf, "%s\n", names[snap->state]);
}

static ssize_t since_ms_show(const struct cbreak_dest *dest,
			     const struct cbreak_snapshot *snap, char *buf)
{
	return sysfs_emit(buf, "%llu\n",
			  div_u64(snap->since_ns, NSEC_PER_MSEC));
}

static ssize_t next_ms_show(const struct cbreak_dest *dest,
			    const struct cbreak_snapshot *snap, char *buf)
{
	return sysfs_emit(buf, "%llu\n",
			  div_u64(snap->next_ns + NSEC_PER_MSEC - 1,
				  NSEC_PER_MSEC));
}

static ssize_t error_ratio_show(const struct cbreak_dest *dest,
				const struct cbreak_snapshot *snap, char *buf)
{
	u32 ratio = cbreak_fill_ratio(snap->counts.failed, snap->counts.total);

	return sysfs_emit(buf, "%u.%06u\n", ratio / CBREAK_RATIO_ONE,
			  ratio % CBREAK_RATIO_ONE);
}

static ssize_t samples_show(const struct cbreak_dest *dest,
			    const struct cbreak_snapshot *snap, char *buf)
{
	return sysfs_emit(buf, "%u\n", snap->counts.total);
}

static ssize_t failed_show(const struct cbreak_dest *dest,
			   const struct cbreak_snapshot *snap, char *buf)
{
	return sysfs_emit(buf, "%u\n", snap->counts.failed);
}

static ssize_t admitted_show(const struct cbreak_dest *dest,
			     const struct cbreak_snapshot *snap, char *buf)
{
	return sysfs_emit(buf, "%llu\n",
			  cbreak_counters_sum(dest->counters,
					      CBREAK_COUNTER_ADMITTED));
}

static ssize_t rejected_show(const struct cbreak_dest *dest,
			     const struct cbreak_snapshot *snap, char *buf)
{
	return sysfs_emit(buf, "%llu\n",
			  cbreak_counters_sum(dest->counters,
					      CBREAK_COUNTER_REJECTED));
}

static ssize_t would_reject_show(const struct cbreak_dest *dest,
				 const struct cbreak_snapshot *snap, char *buf)
{
	return sysfs_emit(buf, "%llu\n",
			  cbreak_counters_sum(dest->counters,
					      CBREAK_COUNTER_WOULD_REJECT));
}

static ssize_t rejected_max_pending_show(const struct cbreak_dest *dest,
					 const struct cbreak_snapshot *snap,
					 char *buf)
{
	return sysfs_emit(buf, "%llu\n",
			  cbreak_counters_sum(dest->counters,
					      CBREAK_COUNTER_REJECTED_MAX_PENDING));
}

static ssize_t withheld_show(const struct cbreak_dest *dest,
			     const struct cbreak_snapshot *snap, char *buf)
{
	return sysfs_emit(buf, "%llu\n",
			  cbreak_counters_sum(dest->counters,
					      CBREAK_COUNTER_WITHHELD));
}

static ssize_t rejected_max_connections_show(const struct cbreak_dest *dest,
					     const struct cbreak_snapshot *snap,
					     char *buf)
{
	return sysfs_emit(buf, "%llu\n",
			  cbreak_counters_sum(dest->counters,
					      CBREAK_COUNTER_REJECTED_MAX_CONNECTIONS));
}

static ssize_t aborted_show(const struct cbreak_dest *dest,
			    const struct cbreak_snapshot *snap, char *buf)
{
	return sysfs_emit(buf, "%llu\n",
			  cbreak_counters_sum(dest->counters,
					      CBREAK_COUNTER_ABORTED));
}

static ssize_t pending_show(const struct cbreak_dest *dest,
			    const struct cbreak_snapshot *snap, char *buf)
{
	return sysfs_emit(buf, "%u\n", atomic_read(&dest->pending));
}

static ssize_t connections_show(const struct cbreak_dest *dest,
				const struct cbreak_snapshot *snap, char *buf)
{
	return sysfs_emit(buf, "%u\n", cbreak_dest_conns(dest));
}

static ssize_t hold_show(const struct cbreak_dest *dest,
			 const struct cbreak_snapshot *snap, char *buf)
{
	static const char * const names[] = {
		[CBREAK_HOLD_NONE] = "none",
		[CBREAK_HOLD_TRIP] = "trip",
		[CBREAK_HOLD_RESET] = "reset",
		[CBREAK_HOLD_ISOLATE] = "isolate",
		[CBREAK_HOLD_BYPASS] = "bypass",
	};

	return sysfs_emit(buf, "%s\n", names[snap->hold]);
}

static ssize_t hold_ms_show(const struct cbreak_dest *dest,
			    const struct cbreak_snapshot *snap, char *buf)
{
	if (snap->hold == CBREAK_HOLD_NONE || snap->hold_ns == U64_MAX)
		return sysfs_emit(buf, "0\n");
	return sysfs_emit(buf, "%llu\n",
			  div_u64(snap->hold_ns + NSEC_PER_MSEC - 1,
				  NSEC_PER_MSEC));
}

static ssize_t last_kind_show(const struct cbreak_dest *dest,
			      const struct cbreak_snapshot *snap, char *buf)
{
	switch (snap->last.kind) {
	case CBREAK_KIND_REFUSED:
		return sysfs_emit(buf, "refused\n");
	case CBREAK_KIND_TIMEOUT:
		return sysfs_emit(buf, "timeout\n");
	case CBREAK_KIND_UNREACHABLE:
		return sysfs_emit(buf, "unreachable %u/%u\n", snap->last.type,
				  snap->last.code);
	case CBREAK_KIND_SLOW:
		return sysfs_emit(buf, "slow\n");
	case CBREAK_KIND_RESET:
		return sysfs_emit(buf, "reset\n");
	case CBREAK_KIND_STALLED:
		return sysfs_emit(buf, "stalled\n");
	}
	return sysfs_emit(buf, "none\n");
}

#define BREAKER_ATTR(_name)						\
	static struct breaker_attribute attr_##_name = __ATTR_RO(_name)

BREAKER_ATTR(state);
BREAKER_ATTR(since_ms);
BREAKER_ATTR(next_ms);
BREAKER_ATTR(error_ratio);
BREAKER_ATTR(samples);
BREAKER_ATTR(failed);
BREAKER_ATTR(admitted);
BREAKER_ATTR(rejected);
BREAKER_ATTR(would_reject);
BREAKER_ATTR(rejected_max_pending);
BREAKER_ATTR(withheld);
BREAKER_ATTR(rejected_max_connections);
BREAKER_ATTR(aborted);
BREAKER_ATTR(pending);
BREAKER_ATTR(connections);
BREAKER_ATTR(last_kind);
BREAKER_ATTR(hold);
BREAKER_ATTR(hold_ms);

static struct attribute *breaker_attrs[] = {
	&attr_state.attr,
	&attr_since_ms.attr,
	&attr_next_ms.attr,
	&attr_error_ratio.attr,
	&attr_samples.attr,
	&attr_failed.attr,
	&attr_admitted.attr,
	&attr_rejected.attr,
	&attr_would_reject.attr,
	&attr_rejected_max_pending.attr,
	&attr_withheld.attr,
	&attr_rejected_max_connections.attr,
	&attr_aborted.attr,
	&attr_pending.attr,
	&attr_connections.attr,
	&attr_last_kind.attr,
	&attr_hold.attr,
	&attr_hold_ms.attr,
	NULL
};
ATTRIBUTE_GROUPS(breaker);

static ssize_t breaker_show(struct kobject *kobj, struct attribute *attr,
			    char *buf)
{
	struct cbreak_shown *shown = container_of(kobj, struct cbreak_shown,
						  kobj);
	struct breaker_attribute *ba = container_of(attr,
						    struct breaker_attribute,
						    attr);
	struct cbreak_snapshot snap;
	struct cbreak_dest *dest;
	ssize_t len = -ENODEV;

	rcu_read_lock();
	dest = cbreak_dest_lookup_rcu(&shown->cn->dests, &shown->key);
	if (dest) {
		cbreak_breaker_snapshot(&dest->breaker,
					cbreak_rule_params_rcu(dest->rule),
					ktime_get_ns(), &snap);
		len = ba->show(dest, &snap, buf);
	}
	rcu_read_unlock();
	return len;
}

static void breaker_release(struct kobject *kobj)
{
	kfree(container_of(kobj, struct cbreak_shown, kobj));
}

static const struct sysfs_ops breaker_sysfs_ops = {
	.show = breaker_show,
};

const struct kobj_type cbreak_shown_ktype = {
	.sysfs_ops = &breaker_sysfs_ops,
	.release = breaker_release,
	.default_groups = breaker_groups,
};
