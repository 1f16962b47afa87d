// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: events for listeners of the netlink group
 *
 * A message is made only if somebody listens in the namespace. One that
 * cannot be made or delivered is counted, and never waited for.
 *
 * Timers report changes of state until the last breaker is gone, which is
 * after the netlink family has been taken down at module unload, and then the
 * group's number may be another family's. So the family is reached by a
 * pointer that is cleared, with a grace period, before that.
 */
#include <net/genetlink.h>

#include "dest.h"
#include "event.h"
#include "fill.h"

/* The only group of the family. */
#define EVENTS_GROUP	0

static const struct genl_family __rcu *event_family;

/**
 * cbreak_event_start - send events from now on
 * @family: the registered family
 *
 * Context: process, at module load.
 */
void cbreak_event_start(const struct genl_family *family)
{
	rcu_assign_pointer(event_family, family);
}

/**
 * cbreak_event_stop - send no event any more
 *
 * Context: process, may sleep; at module unload.
 */
void cbreak_event_stop(void)
{
	RCU_INIT_POINTER(event_family, NULL);
	synchronize_rcu();
}

static struct sk_buff *begin(const struct genl_family *family, u8 cmd,
			     gfp_t gfp, void **hdr)
{
	struct sk_buff *skb = genlmsg_new(GENLMSG_DEFAULT_SIZE, gfp);

	if (!skb)
		return NULL;
	*hdr = genlmsg_put(skb, 0, 0, family, 0, cmd);
	if (*hdr)
		return skb;
	nlmsg_free(skb);
	return NULL;
}

static void send(const struct genl_family *family, struct cbreak_dests *dests,
		 struct sk_buff *skb, void *hdr, gfp_t gfp)
{
	int err;

	genlmsg_end(skb, hdr);
	err = genlmsg_multicast_netns(family, dests->net, skb, 0, EVENTS_GROUP,
				      gfp);
	/* The last listener may just have left. */
	if (err && err != -ESRCH)
		cbreak_stats_inc(dests->stats, CBREAK_STAT_EVENTS_LOST);
}

/**
 * cbreak_event_state - a breaker changed its state, or was kept from it
 * @dest: the breaker
 * @tr: the transition, which happened or is withheld
 *
 * Context: any but hard interrupts, under rcu_read_lock().
 */
void cbreak_event_state(struct cbreak_dest *dest,
			const struct cbreak_transition *tr)
{
	const struct genl_family *family = rcu_dereference(event_family);
	struct cbreak_dests *dests = dest->rule->dests;
	struct sk_buff *skb;
	void *hdr;

	if (!family || !genl_has_listeners(family, dests->net, EVENTS_GROUP))
		return;
	skb = begin(family, tr->happened ? CBREAK_CMD_STATE_NTF :
					   CBREAK_CMD_WITHHELD_NTF,
		    GFP_ATOMIC, &hdr);
	if (!skb)
		goto lost;
	if (cbreak_fill_transition(skb, dest, tr)) {
		nlmsg_free(skb);
		goto lost;
	}
	send(family, dests, skb, hdr, GFP_ATOMIC);
	return;

lost:
	cbreak_stats_inc(dests->stats, CBREAK_STAT_EVENTS_LOST);
}

/**
 * cbreak_event_guard - a local fault began or is over
 * @dests: the namespace's breakers
 * @cmd: CBREAK_CMD_FREEZE_NTF or CBREAK_CMD_THAW_NTF
 * @view: what led to it
 *
 * Context: any but hard interrupts, under rcu_read_lock().
 */
void cbreak_event_guard(struct cbreak_dests *dests, u8 cmd,
			const struct cbreak_guard_view *view)
{
	const struct genl_family *family = rcu_dereference(event_family);
	struct sk_buff *skb;
	void *hdr;

	if (!family || !genl_has_listeners(family, dests->net, EVENTS_GROUP))
		return;
	skb = begin(family, cmd, GFP_ATOMIC, &hdr);
	if (skb &&
	    !nla_put_u32(skb, CBREAK_A_EVENT_LOST, view->lost) &&
	    !nla_put_u32(skb, CBREAK_A_EVENT_DESTINATIONS,
			 view->destinations)) {
		send(family, dests, skb, hdr, GFP_ATOMIC);
		return;
	}
	nlmsg_free(skb);
	cbreak_stats_inc(dests->stats, CBREAK_STAT_EVENTS_LOST);
}

/**
 * cbreak_event_rule - a rule came, changed or goes
 * @rule: the rule
 * @cmd: CBREAK_CMD_RULE_NEW_NTF, _SET_NTF or _DEL_NTF
 *
 * Context: process, with the namespace's mutex.
 */
void cbreak_event_rule(struct cbreak_rule *rule, u8 cmd)
{
	struct cbreak_dests *dests = rule->dests;
	const struct genl_family *family;
	struct sk_buff *skb;
	void *hdr;

	rcu_read_lock();
	family = rcu_dereference(event_family);
	if (!family || !genl_has_listeners(family, dests->net, EVENTS_GROUP))
		goto out;
	skb = begin(family, cmd, GFP_ATOMIC, &hdr);
	if (skb && !cbreak_fill_rule(skb, rule)) {
		send(family, dests, skb, hdr, GFP_ATOMIC);
		goto out;
	}
	nlmsg_free(skb);
	cbreak_stats_inc(dests->stats, CBREAK_STAT_EVENTS_LOST);
out:
	rcu_read_unlock();
}
