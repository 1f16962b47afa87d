// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: the files of a rule in sysfs
 *
 * Documentation/ABI/testing/sysfs-class-cbreak describes them.
 *
 * Context: process. No lock is taken: the driver core waits for readers before
 * a directory, and then its rule, goes.
 */
#include <linux/device.h>
#include <linux/inet.h>

#include "inspect.h"
#include "net.h"
#include "sysfs.h"

static struct cbreak_params get_params(const struct device *dev)
{
	struct cbreak_params params;

	rcu_read_lock();
	params = *cbreak_rule_params_rcu(cbreak_rule_dev(dev)->rule);
	rcu_read_unlock();
	return params;
}

static const struct cbreak_match *get_match(const struct device *dev)
{
	return &cbreak_rule_dev(dev)->rule->class.match;
}

static ssize_t dst_show(struct device *dev, struct device_attribute *attr,
			char *buf)
{
	const struct cbreak_match *match = get_match(dev);

	switch (match->family) {
	case AF_INET:
		return sysfs_emit(buf, "%pI4/%u\n", &match->dst.ip,
				  match->dst_len);
	case AF_INET6:
		return sysfs_emit(buf, "%pI6c/%u\n", &match->dst.in6,
				  match->dst_len);
	}
	return sysfs_emit(buf, "any\n");
}
static DEVICE_ATTR_RO(dst);

static ssize_t port_show(struct device *dev, struct device_attribute *attr,
			 char *buf)
{
	const struct cbreak_match *match = get_match(dev);

	if (!match->port_min && match->port_max == U16_MAX)
		return sysfs_emit(buf, "any\n");
	if (match->port_min == match->port_max)
		return sysfs_emit(buf, "%u\n", match->port_min);
	return sysfs_emit(buf, "%u-%u\n", match->port_min, match->port_max);
}
static DEVICE_ATTR_RO(port);

static ssize_t fwmark_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	const struct cbreak_match *match = get_match(dev);

	if (!match->fwmask)
		return sysfs_emit(buf, "any\n");
	if (match->fwmask == U32_MAX)
		return sysfs_emit(buf, "0x%x\n", match->fwmark);
	return sysfs_emit(buf, "0x%x/0x%x\n", match->fwmark, match->fwmask);
}
static DEVICE_ATTR_RO(fwmark);

static ssize_t oif_show(struct device *dev, struct device_attribute *attr,
			char *buf)
{
	const struct cbreak_match *match = get_match(dev);

	return sysfs_emit(buf, "%s\n", match->oif[0] ? match->oif : "any");
}
static DEVICE_ATTR_RO(oif);

static ssize_t uid_show(struct device *dev, struct device_attribute *attr,
			char *buf)
{
	const struct cbreak_match *match = get_match(dev);

	if (!match->uid_min && match->uid_max == U32_MAX)
		return sysfs_emit(buf, "any\n");
	if (match->uid_min == match->uid_max)
		return sysfs_emit(buf, "%u\n", match->uid_min);
	return sysfs_emit(buf, "%u-%u\n", match->uid_min, match->uid_max);
}
static DEVICE_ATTR_RO(uid);

static ssize_t cgroup_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	const struct cbreak_cgroup *cgroup = cbreak_rule_dev(dev)->rule->cgroup;

	if (!cgroup)
		return sysfs_emit(buf, "any\n");
	/* As in /proc/PID/cgroup. */
	return sysfs_emit(buf, "%s%s\n", cgroup->path,
			  cbreak_cgroup_is_deleted(cgroup) ? " (deleted)" : "");
}
static DEVICE_ATTR_RO(cgroup);

static ssize_t hook_show(struct device *dev, struct device_attribute *attr,
			 char *buf)
{
	static const char * const names[] = {
		[CBREAK_HOOK_OUTPUT] = "output",
		[CBREAK_HOOK_FORWARD] = "forward",
	};

	return sysfs_emit(buf, "%s\n", names[get_match(dev)->hook]);
}
static DEVICE_ATTR_RO(hook);

static ssize_t prio_show(struct device *dev, struct device_attribute *attr,
			 char *buf)
{
	return sysfs_emit(buf, "%u\n", get_match(dev)->prio);
}
static DEVICE_ATTR_RO(prio);

static ssize_t key_show(struct device *dev, struct device_attribute *attr,
			char *buf)
{
	const struct cbreak_rule *rule = cbreak_rule_dev(dev)->rule;

	switch (rule->key_type) {
	case CBREAK_KEY_TYPE_ADDR:
		return sysfs_emit(buf, "addr\n");
	case CBREAK_KEY_TYPE_PREFIX:
		return sysfs_emit(buf, "prefix/%u\n", rule->key_len);
	case CBREAK_KEY_TYPE_RULE:
		return sysfs_emit(buf, "rule\n");
	}
	return sysfs_emit(buf, "addr+port\n");
}
static DEVICE_ATTR_RO(key);

static ssize_t mode_show(struct device *dev, struct device_attribute *attr,
			 char *buf)
{
	static const char * const names[] = {
		[CBREAK_MODE_ENFORCE] = "enforce",
		[CBREAK_MODE_OBSERVE] = "observe",
		[CBREAK_MODE_NEVER] = "never",
	};

	return sysfs_emit(buf, "%s\n", names[get_params(dev).mode]);
}
static DEVICE_ATTR_RO(mode);

static ssize_t reject_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	static const char * const names[] = {
		[CBREAK_REJECT_RESET] = "reset",
		[CBREAK_REJECT_ICMP] = "icmp",
		[CBREAK_REJECT_DROP] = "drop",
	};

	return sysfs_emit(buf, "%s\n", names[get_params(dev).reject]);
}
static DEVICE_ATTR_RO(reject);

static ssize_t emit_ratio(char *buf, u32 ppm)
{
	return sysfs_emit(buf, "%u.%06u\n", ppm / CBREAK_RATIO_ONE,
			  ppm % CBREAK_RATIO_ONE);
}

static ssize_t error_ratio_show(struct device *dev,
				struct device_attribute *attr, char *buf)
{
	return emit_ratio(buf, get_params(dev).error_ratio);
}
static DEVICE_ATTR_RO(error_ratio);

static ssize_t backoff_show(struct device *dev, struct device_attribute *attr,
			    char *buf)
{
	return emit_ratio(buf, get_params(dev).backoff);
}
static DEVICE_ATTR_RO(backoff);

static ssize_t jitter_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	return emit_ratio(buf, get_params(dev).jitter);
}
static DEVICE_ATTR_RO(jitter);

static ssize_t on_show(struct device *dev, struct device_attribute *attr,
		       char *buf)
{
	const struct cbreak_params p = get_params(dev);
	const struct cbreak_icmp *icmp;
	u32 on = p.on;
	int len = 0;

	if (on & CBREAK_ON_REFUSED)
		len += sysfs_emit_at(buf, len, " refused");
	if (on & CBREAK_ON_TIMEOUT)
		len += sysfs_emit_at(buf, len, " timeout");
	if (on & CBREAK_ON_UNREACHABLE)
		len += sysfs_emit_at(buf, len, " unreachable");
	if (on & CBREAK_ON_SLOW)
		len += sysfs_emit_at(buf, len, " slow");
	if (on & CBREAK_ON_RESET)
		len += sysfs_emit_at(buf, len, " reset");
	if (on & CBREAK_ON_STALLED)
		len += sysfs_emit_at(buf, len, " stalled");
	for (icmp = p.icmp; icmp < p.icmp + p.nr_icmp; icmp++)
		len += sysfs_emit_at(buf, len, " icmp%s:%u/%u",
				     icmp->family == AF_INET ? "" : "6",
				     icmp->type, icmp->code);
	len += sysfs_emit_at(buf, len, "\n");
	/* Without the leading space; a rule has at least one word here. */
	memmove(buf, buf + 1, len);
	return len - 1;
}
static DEVICE_ATTR_RO(on);

static ssize_t inspector_show(struct device *dev,
			      struct device_attribute *attr, char *buf)
{
	struct cbreak_inspector inspector;
	const struct bpf_prog *prog;

	rcu_read_lock();
	prog = cbreak_rule_params_rcu(cbreak_rule_dev(dev)->rule)->inspector;
	if (prog)
		cbreak_inspect_describe(prog, &inspector);
	rcu_read_unlock();
	if (!prog)
		return sysfs_emit(buf, "none\n");
	return sysfs_emit(buf, "%u %*phN%s%s\n", inspector.id,
			  CBREAK_INSPECTOR_TAG, inspector.tag,
			  inspector.name[0] ? " " : "", inspector.name);
}
static DEVICE_ATTR_RO(inspector);

#define PARAM_ATTR(_name, _value)					\
static ssize_t _name##_show(struct device *dev,				\
			    struct device_attribute *attr, char *buf)	\
{									\
	const struct cbreak_params p = get_params(dev);			\
									\
	return sysfs_emit(buf, "%u\n", _value);				\
}									\
static DEVICE_ATTR_RO(_name)

PARAM_ATTR(response_time_ms, p.response_ms);
PARAM_ATTR(passing_time_ms, cbreak_passing_ms(&p));
PARAM_ATTR(broken_time_ms, cbreak_broken_ms(&p));
PARAM_ATTR(recovery_time_ms, cbreak_recovery_ms(&p));
PARAM_ATTR(connect_timeout_ms, p.connect_timeout_ms);
PARAM_ATTR(min_samples, p.min_samples);
PARAM_ATTR(consecutive, p.consecutive);
PARAM_ATTR(slow_time_ms, p.slow_ms);
PARAM_ATTR(broken_time_max_ms, cbreak_broken_max_ms(&p));
PARAM_ATTR(recovery_samples, p.recovery_samples);
PARAM_ATTR(max_pending, p.max_pending);
PARAM_ATTR(max_broken_pct, p.max_broken_pct);
PARAM_ATTR(max_connections, p.max_conns);

#define SWITCH_ATTR(_name, _value)					\
static ssize_t _name##_show(struct device *dev,				\
			    struct device_attribute *attr, char *buf)	\
{									\
	const struct cbreak_params p = get_params(dev);			\
									\
	return sysfs_emit(buf, "%s\n", (_value) ? "on" : "off");	\
}									\
static DEVICE_ATTR_RO(_name)

SWITCH_ATTR(local_fault_guard, p.local_fault_guard);
SWITCH_ATTR(abort_pending, p.abort_pending);

static ssize_t frozen_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	const struct cbreak_guard *guard = get_params(dev).guard;

	return sysfs_emit(buf, "%u\n", guard && cbreak_guard_is_frozen(guard));
}
static DEVICE_ATTR_RO(frozen);

#define STATE_ATTR(_name, _state)					\
static ssize_t _name##_show(struct device *dev,				\
			    struct device_attribute *attr, char *buf)	\
{									\
	return sysfs_emit(buf, "%u\n",					\
			  READ_ONCE(cbreak_rule_dev(dev)->rule->nr[_state])); \
}									\
static DEVICE_ATTR_RO(_name)

STATE_ATTR(passing, CBREAK_STATE_PASSING);
STATE_ATTR(broken, CBREAK_STATE_BROKEN);
STATE_ATTR(recovering, CBREAK_STATE_RECOVERING);

#define COUNTER_ATTR(_name, _counter)					\
static ssize_t _name##_show(struct device *dev,				\
			    struct device_attribute *attr, char *buf)	\
{									\
	return sysfs_emit(buf, "%llu\n",				\
			  cbreak_counters_sum(cbreak_rule_dev(dev)->rule->counters, \
					      _counter));		\
}									\
static DEVICE_ATTR_RO(_name)

COUNTER_ATTR(admitted, CBREAK_COUNTER_ADMITTED);
COUNTER_ATTR(rejected, CBREAK_COUNTER_REJECTED);
COUNTER_ATTR(would_reject, CBREAK_COUNTER_WOULD_REJECT);
COUNTER_ATTR(rejected_max_pending, CBREAK_COUNTER_REJECTED_MAX_PENDING);
COUNTER_ATTR(rejected_max_connections, CBREAK_COUNTER_REJECTED_MAX_CONNECTIONS);
COUNTER_ATTR(success, CBREAK_COUNTER_SUCCESS);
COUNTER_ATTR(refused, CBREAK_COUNTER_REFUSED);
COUNTER_ATTR(timeout, CBREAK_COUNTER_TIMEOUT);
COUNTER_ATTR(unreachable, CBREAK_COUNTER_UNREACHABLE);
COUNTER_ATTR(slow, CBREAK_COUNTER_SLOW);
COUNTER_ATTR(reset, CBREAK_COUNTER_RESET);
COUNTER_ATTR(stalled, CBREAK_COUNTER_STALLED);
COUNTER_ATTR(late, CBREAK_COUNTER_LATE);
COUNTER_ATTR(excused, CBREAK_COUNTER_EXCUSED);
COUNTER_ATTR(withheld, CBREAK_COUNTER_WITHHELD);
COUNTER_ATTR(aborted, CBREAK_COUNTER_ABORTED);

static ssize_t hidden_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	const struct cbreak_rule_dev *rdev = cbreak_rule_dev(dev);
	unsigned int i, all = 0, shown;

	for (i = 0; i < CBREAK_STATES; i++)
		all += READ_ONCE(rdev->rule->nr[i]);
	shown = READ_ONCE(rdev->nr_shown);
	return sysfs_emit(buf, "%u\n", all > shown ? all - shown : 0);
}
static DEVICE_ATTR_RO(hidden);

static struct attribute *rule_attrs[] = {
	&dev_attr_dst.attr,
	&dev_attr_port.attr,
	&dev_attr_fwmark.attr,
	&dev_attr_oif.attr,
	&dev_attr_uid.attr,
	&dev_attr_cgroup.attr,
	&dev_attr_hook.attr,
	&dev_attr_prio.attr,
	&dev_attr_key.attr,
	&dev_attr_mode.attr,
	&dev_attr_reject.attr,
	&dev_attr_error_ratio.attr,
	&dev_attr_response_time_ms.attr,
	&dev_attr_passing_time_ms.attr,
	&dev_attr_broken_time_ms.attr,
	&dev_attr_recovery_time_ms.attr,
	&dev_attr_connect_timeout_ms.attr,
	&dev_attr_min_samples.attr,
	&dev_attr_recovery_samples.attr,
	&dev_attr_on.attr,
	&dev_attr_consecutive.attr,
	&dev_attr_slow_time_ms.attr,
	&dev_attr_backoff.attr,
	&dev_attr_broken_time_max_ms.attr,
	&dev_attr_jitter.attr,
	&dev_attr_max_pending.attr,
	&dev_attr_max_broken_pct.attr,
	&dev_attr_max_connections.attr,
	&dev_attr_local_fault_guard.attr,
	&dev_attr_abort_pending.attr,
	&dev_attr_inspector.attr,
	&dev_attr_passing.attr,
	&dev_attr_broken.attr,
	&dev_attr_recovering.attr,
	&dev_attr_admitted.attr,
	&dev_attr_rejected.attr,
	&dev_attr_would_reject.attr,
	&dev_attr_rejected_max_pending.attr,
	&dev_attr_rejected_max_connections.attr,
	&dev_attr_success.attr,
	&dev_attr_refused.attr,
	&dev_attr_timeout.attr,
	&dev_attr_unreachable.attr,
	&dev_attr_slow.attr,
	&dev_attr_reset.attr,
	&dev_attr_stalled.attr,
	&dev_attr_late.attr,
	&dev_attr_excused.attr,
	&dev_attr_withheld.attr,
	&dev_attr_aborted.attr,
	&dev_attr_hidden.attr,
	&dev_attr_frozen.attr,
	NULL
};

static const struct attribute_group rule_group = {
	.attrs = rule_attrs,
};

const struct attribute_group *cbreak_rule_dev_groups[] = {
	&rule_group,
	NULL
};
