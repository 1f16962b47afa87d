// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: sysfs: /sys/class/cbreak, one view for each network namespace
 *
 * A rule is a device of a class with namespaces, made and removed with the
 * rule. Directories of breakers cannot be made where breakers are: a packet
 * must not sleep. A worker compares the table of breakers with what is shown,
 * some milliseconds after either changed, and makes and removes directories,
 * up to a maximum. Breakers beyond it are counted in "hidden". When there is no
 * memory for a directory, it tries again a second later.
 *
 * Documentation/ABI/testing/sysfs-class-cbreak describes the files.
 *
 * Locks: cn->sysfs.lock guards the shown breakers and cbreak_rule.dev, and is
 * taken inside cn->lock. Reading a file takes neither, so removing a directory
 * may wait for readers under the lock.
 *
 * Context: process, may sleep.
 */
#include <linux/device.h>
#include <linux/jhash.h>
#include <linux/kobject.h>
#include <linux/slab.h>

#include "compat/compat.h"
#include "net.h"
#include "sysfs.h"

/* Changes are gathered for this long before the worker looks at them. */
#define SYSFS_DELAY	msecs_to_jiffies(20)
/* When there was no memory, it tries again after that long. */
#define SYSFS_RETRY	msecs_to_jiffies(1000)
/* Directories that are made between two looks at the table. */
#define BATCH		32

static void rule_dev_release(struct device *dev)
{
	kfree(cbreak_rule_dev(dev));
}

static const CBREAK_COMPAT_NS *rule_dev_namespace(CBREAK_COMPAT_NS_DEVICE *dev)
{
	return cbreak_compat_ns(cbreak_rule_dev(dev)->cn->net);
}

static struct class cbreak_class = {
	.name = "cbreak",
	.dev_groups = cbreak_rule_dev_groups,
	.dev_release = rule_dev_release,
	.ns_type = &net_ns_type_operations,
	.namespace = rule_dev_namespace,
};

/**
 * cbreak_sysfs_register - make /sys/class/cbreak
 *
 * Return: 0 or an error.
 */
int cbreak_sysfs_register(void)
{
	return class_register(&cbreak_class);
}

/**
 * cbreak_sysfs_unregister - remove /sys/class/cbreak
 */
void cbreak_sysfs_unregister(void)
{
	class_unregister(&cbreak_class);
}

static struct hlist_head *shown_bucket(struct cbreak_net *cn,
				       const struct cbreak_key *key)
{
	u32 hash = jhash2((const u32 *)key, sizeof(*key) / sizeof(u32), 0);

	return &cn->sysfs.shown[hash % CBREAK_SYSFS_BUCKETS];
}

static bool is_shown(struct cbreak_net *cn, const struct cbreak_key *key)
{
	struct cbreak_shown *shown;

	hlist_for_each_entry(shown, shown_bucket(cn, key), node)
		if (!memcmp(&shown->key, key, sizeof(*key)))
			return true;
	return false;
}

/*
 * The directory that a breaker's belongs into, and its rule's device; NULL if
 * the rule has gone. Both stay while sysfs.lock is held.
 */
static struct cbreak_rule_dev *find_rule_dev(struct cbreak_net *cn, u32 rule_id)
{
	struct cbreak_rule *rule;
	struct device *dev;

	rcu_read_lock();
	rule = xa_load(&cn->rules.by_id, rule_id);
	dev = rule ? READ_ONCE(rule->dev) : NULL;
	rcu_read_unlock();
	return dev ? cbreak_rule_dev(dev) : NULL;
}

/* "[" 39 characters "]_128" is the longest; a name cannot have a slash. */
#define KEY_NAME_LEN	48

static void format_key(char *name, const struct cbreak_key *key,
		       const struct cbreak_rule *rule)
{
	int len;

	switch (key->family) {
	case AF_INET:
		len = scnprintf(name, KEY_NAME_LEN, "%pI4", &key->addr.ip);
		break;
	case AF_INET6:
		len = scnprintf(name, KEY_NAME_LEN, "[%pI6c]",
				&key->addr.in6);
		break;
	default:
		strscpy(name, "any", KEY_NAME_LEN);
		return;
	}
	switch (rule->key_type) {
	case CBREAK_KEY_TYPE_ADDR_PORT:
		scnprintf(name + len, KEY_NAME_LEN - len, ":%u", key->port);
		break;
	case CBREAK_KEY_TYPE_PREFIX:
		scnprintf(name + len, KEY_NAME_LEN - len, "_%u",
			  rule->key_len);
		break;
	}
}

/* False if there was no memory. */
static bool show_breaker(struct cbreak_net *cn, const struct cbreak_key *key)
{
	struct cbreak_rule_dev *rdev = find_rule_dev(cn, key->rule_id);
	struct cbreak_shown *shown;
	char name[KEY_NAME_LEN];
	int err;

	if (!rdev || is_shown(cn, key))
		return true;
	shown = kzalloc(sizeof(*shown), GFP_KERNEL);
	if (!shown)
		return false;
	shown->cn = cn;
	shown->key = *key;
	format_key(name, key, rdev->rule);
	err = kobject_init_and_add(&shown->kobj, &cbreak_shown_ktype,
				   rdev->breakers, "%s", name);
	if (err) {
		kobject_put(&shown->kobj);
		return err != -ENOMEM;
	}
	hlist_add_head(&shown->node, shown_bucket(cn, key));
	WRITE_ONCE(cn->sysfs.nr_shown, cn->sysfs.nr_shown + 1);
	WRITE_ONCE(rdev->nr_shown, rdev->nr_shown + 1);
	return true;
}

static void hide_breaker(struct cbreak_net *cn, struct cbreak_shown *shown)
{
	struct cbreak_rule_dev *rdev = find_rule_dev(cn, shown->key.rule_id);

	hlist_del(&shown->node);
	WRITE_ONCE(cn->sysfs.nr_shown, cn->sysfs.nr_shown - 1);
	if (rdev)
		WRITE_ONCE(rdev->nr_shown, rdev->nr_shown - 1);
	kobject_del(&shown->kobj);
	kobject_put(&shown->kobj);
}

/* Remove the directories of breakers that are gone, or of one rule. */
static void hide_breakers(struct cbreak_net *cn, u32 rule_id)
{
	struct cbreak_shown *shown;
	struct hlist_node *tmp;
	unsigned int i;
	bool keep;

	for (i = 0; i < CBREAK_SYSFS_BUCKETS; i++) {
		hlist_for_each_entry_safe(shown, tmp, &cn->sysfs.shown[i],
					  node) {
			rcu_read_lock();
			keep = shown->key.rule_id != rule_id &&
			       cbreak_dest_lookup_rcu(&cn->dests, &shown->key);
			rcu_read_unlock();
			if (!keep)
				hide_breaker(cn, shown);
		}
		cond_resched();
	}
}

struct batch {
	struct cbreak_key key[BATCH];
	unsigned int nr;
	unsigned int max;
};

static void gather(struct cbreak_dest *dest, void *arg)
{
	struct batch *batch = arg;

	if (dest->shown || batch->nr >= batch->max)
		return;
	dest->shown = true;
	batch->key[batch->nr++] = dest->key;
}

/* Look at these again. */
static void forget(struct cbreak_net *cn, const struct cbreak_key *key,
		   unsigned int nr)
{
	struct cbreak_dest *dest;

	rcu_read_lock();
	while (nr--) {
		dest = cbreak_dest_lookup_rcu(&cn->dests, key++);
		if (dest)
			dest->shown = false;
	}
	rcu_read_unlock();
}

static void reconcile(struct work_struct *work)
{
	struct cbreak_sysfs *sysfs = container_of(to_delayed_work(work),
						  struct cbreak_sysfs, work);
	struct cbreak_net *cn = container_of(sysfs, struct cbreak_net, sysfs);
	bool enough = true;
	struct batch *batch;
	unsigned int i;

	batch = kmalloc(sizeof(*batch), GFP_KERNEL);
	if (!batch) {
		schedule_delayed_work(&sysfs->work, SYSFS_RETRY);
		return;
	}
	mutex_lock(&sysfs->lock);
	/* No rule has the number 0. */
	hide_breakers(cn, 0);
	do {
		batch->nr = 0;
		batch->max = min_t(unsigned int, BATCH,
				   sysfs->max - min(sysfs->nr_shown,
						    sysfs->max));
		if (!batch->max)
			break;
		cbreak_dest_for_each(&cn->dests, gather, batch);
		for (i = 0; i < batch->nr && enough; i++)
			enough = show_breaker(cn, &batch->key[i]);
	} while (batch->nr && enough);
	if (!enough)
		forget(cn, &batch->key[i - 1], batch->nr - i + 1);
	mutex_unlock(&sysfs->lock);
	kfree(batch);
	if (!enough)
		schedule_delayed_work(&sysfs->work, SYSFS_RETRY);
}

static void dests_changed(void *arg)
{
	struct cbreak_net *cn = arg;

	schedule_delayed_work(&cn->sysfs.work, SYSFS_DELAY);
}

/**
 * cbreak_sysfs_init - prepare a namespace
 * @cn: the namespace; its breakers' table is there, and empty
 * @max: most breakers to show
 */
void cbreak_sysfs_init(struct cbreak_net *cn, unsigned int max)
{
	unsigned int i;

	INIT_DELAYED_WORK(&cn->sysfs.work, reconcile);
	mutex_init(&cn->sysfs.lock);
	cn->sysfs.max = max;
	for (i = 0; i < CBREAK_SYSFS_BUCKETS; i++)
		INIT_HLIST_HEAD(&cn->sysfs.shown[i]);
	cn->dests.changed = dests_changed;
	cn->dests.changed_arg = cn;
}

/**
 * cbreak_sysfs_uninit - a namespace goes
 * @cn: the namespace; its rules are removed
 */
void cbreak_sysfs_uninit(struct cbreak_net *cn)
{
	cancel_delayed_work_sync(&cn->sysfs.work);
	WARN_ON_ONCE(cn->sysfs.nr_shown);
}

/**
 * cbreak_sysfs_add_rule - make a rule's directory
 * @cn: its namespace
 * @rule: the rule
 *
 * Context: with cn->lock.
 * Return: 0 or an error, with nothing changed.
 */
int cbreak_sysfs_add_rule(struct cbreak_net *cn, struct cbreak_rule *rule)
{
	struct cbreak_rule_dev *rdev;
	int err;

	rdev = kzalloc(sizeof(*rdev), GFP_KERNEL);
	if (!rdev)
		return -ENOMEM;
	rdev->cn = cn;
	rdev->rule = rule;
	rdev->dev.class = &cbreak_class;
	device_initialize(&rdev->dev);
	err = dev_set_name(&rdev->dev, "%s", rule->name);
	if (err)
		goto err_put;
	err = device_add(&rdev->dev);
	if (err)
		goto err_put;
	rdev->breakers = kobject_create_and_add("breakers", &rdev->dev.kobj);
	if (!rdev->breakers) {
		err = -ENOMEM;
		goto err_del;
	}
	mutex_lock(&cn->sysfs.lock);
	WRITE_ONCE(rule->dev, &rdev->dev);
	mutex_unlock(&cn->sysfs.lock);
	return 0;

err_del:
	device_del(&rdev->dev);
err_put:
	put_device(&rdev->dev);
	return err;
}

/**
 * cbreak_sysfs_remove_rule - remove a rule's directory and its breakers'
 * @cn: its namespace
 * @rule: the rule; nothing is done if it has none
 *
 * Context: with cn->lock.
 */
void cbreak_sysfs_remove_rule(struct cbreak_net *cn, struct cbreak_rule *rule)
{
	struct cbreak_rule_dev *rdev;

	if (!rule->dev)
		return;
	rdev = cbreak_rule_dev(rule->dev);
	mutex_lock(&cn->sysfs.lock);
	hide_breakers(cn, rule->id);
	WRITE_ONCE(rule->dev, NULL);
	mutex_unlock(&cn->sysfs.lock);
	/* Nothing can find the directory any more. */
	kobject_put(rdev->breakers);
	device_unregister(&rdev->dev);
}
