// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: is it this host's own link that fails?
 *
 * When most destinations stop answering at the same time, it is not they that
 * have failed. A pure unit, with the time as an argument.
 *
 * An outcome is an answer, or silence. A destination is well if its last
 * outcome is an answer of the last ten seconds. It has fallen if it had
 * answered, and its first silence after that is of the last ten seconds. Those
 * that never answered are neither: whoever knocks on dead addresses proves
 * nothing. Nor are those that have been silent for longer: they do not start to
 * fail. It freezes when three or more have fallen, and more have than are well.
 *
 * Those that had fallen then, or fall later, are lost until they answer. It is
 * to be thawed when half of the most that were lost are not lost any more; its
 * owner does so after some time too, whatever answers.
 *
 * Each destination has a word, its mark: the second of its last answer or of its
 * first silence, and which of the two; 0 before the first answer. By its mark it
 * is counted in one of ten buckets, a second each. An outcome moves one
 * destination from one bucket to another at the most, and nothing if nothing has
 * changed within the second: nobody ever walks over destinations.
 *
 * Clocks of several CPUs may be read slightly out of order; the window does not
 * move back.
 *
 * Locks: guard->lock, with BH disabled, a leaf. An outcome that changes nothing
 * takes none.
 *
 * Context: any but hard interrupts; nothing sleeps.
 */
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/string.h>
#include <linux/time64.h>

#include "guard.h"

/* A mark is the second, and in the lowest bit whether it has fallen. */
#define FALLEN	1
/* Of a destination that is not there any more. */
#define GONE	U32_MAX

static u32 mark_epoch(u32 mark)
{
	return mark >> 1;
}

static u32 make_mark(u32 epoch, bool fallen)
{
	return epoch << 1 | (fallen ? FALLEN : 0);
}

static bool changes(u32 mark, bool answered, u32 epoch)
{
	if (mark == GONE)
		return false;
	if (answered)
		return mark != make_mark(epoch, false);
	return mark && !(mark & FALLEN);
}

/* The window moves on; what leaves it is not counted any more. */
static void turn(struct cbreak_guard *guard, u32 epoch)
{
	u32 steps, i;

	if (epoch <= guard->epoch)
		return;
	steps = min_t(u32, epoch - guard->epoch, CBREAK_GUARD_WINDOW_S);
	for (i = 0; i < steps; i++) {
		u32 slot = (epoch - i) % CBREAK_GUARD_WINDOW_S;

		guard->nr_well -= guard->well[slot];
		guard->nr_fallen -= guard->fallen[slot];
		guard->well[slot] = 0;
		guard->fallen[slot] = 0;
	}
	guard->epoch = epoch;
}

static void count(struct cbreak_guard *guard, u32 mark)
{
	u32 slot = mark_epoch(mark) % CBREAK_GUARD_WINDOW_S;

	if (mark & FALLEN) {
		guard->fallen[slot]++;
		guard->nr_fallen++;
	} else {
		guard->well[slot]++;
		guard->nr_well++;
	}
	if (mark & FALLEN && guard->frozen) {
		guard->nr_lost++;
		guard->most_lost = max(guard->most_lost, guard->nr_lost);
	}
}

static void uncount(struct cbreak_guard *guard, u32 mark)
{
	u32 slot = mark_epoch(mark) % CBREAK_GUARD_WINDOW_S;

	if (mark_epoch(mark) <= guard->base)
		return;
	if (mark & FALLEN && guard->frozen &&
	    mark_epoch(mark) >= guard->lost_since)
		guard->nr_lost--;
	if (guard->epoch - mark_epoch(mark) >= CBREAK_GUARD_WINDOW_S)
		return;
	if (mark & FALLEN) {
		guard->fallen[slot]--;
		guard->nr_fallen--;
	} else {
		guard->well[slot]--;
		guard->nr_well--;
	}
}

static void freeze(struct cbreak_guard *guard)
{
	guard->nr_lost = guard->nr_fallen;
	guard->most_lost = guard->nr_fallen;
	guard->lost_since = guard->epoch < CBREAK_GUARD_WINDOW_S ? 1 :
			    guard->epoch - CBREAK_GUARD_WINDOW_S + 1;
	WRITE_ONCE(guard->frozen, true);
}

static bool may_thaw(const struct cbreak_guard *guard)
{
	return guard->frozen && guard->nr_lost <= guard->most_lost / 2;
}

static enum cbreak_guard_change judge(struct cbreak_guard *guard, bool answered,
				      struct cbreak_guard_view *view)
{
	if (!guard->frozen && !answered &&
	    guard->nr_fallen >= CBREAK_GUARD_LOST_MIN &&
	    guard->nr_fallen > guard->nr_well) {
		freeze(guard);
		view->lost = guard->nr_fallen;
		view->destinations = guard->nr_fallen + guard->nr_well;
		return CBREAK_GUARD_FREEZE;
	}
	if (answered && may_thaw(guard))
		return CBREAK_GUARD_THAW;
	return CBREAK_GUARD_SAME;
}

/**
 * cbreak_guard_init - nothing is known of any destination
 * @guard: zeroed memory
 */
void cbreak_guard_init(struct cbreak_guard *guard)
{
	spin_lock_init(&guard->lock);
}

/**
 * cbreak_guard_note - an attempt ended
 * @guard: the guard
 * @mark: the destination's mark, 0 in the beginning
 * @answered: whether it was answered, with whatever; else it was silent
 * @now_ns: the present
 * @view: filled in if it freezes
 *
 * Return: what is to be done about it; see enum cbreak_guard_change.
 */
enum cbreak_guard_change cbreak_guard_note(struct cbreak_guard *guard,
					   u32 *mark, bool answered, u64 now_ns,
					   struct cbreak_guard_view *view)
{
	u32 epoch = div_u64(now_ns, NSEC_PER_SEC) + 1;
	enum cbreak_guard_change change = CBREAK_GUARD_SAME;

	if (!changes(READ_ONCE(*mark), answered, epoch))
		return change;
	spin_lock_bh(&guard->lock);
	turn(guard, epoch);
	if (changes(*mark, answered, guard->epoch)) {
		uncount(guard, *mark);
		WRITE_ONCE(*mark, make_mark(guard->epoch, !answered));
		count(guard, *mark);
		change = judge(guard, answered, view);
	}
	spin_unlock_bh(&guard->lock);
	return change;
}

/**
 * cbreak_guard_may_thaw - have enough of the lost ones answered?
 * @guard: the guard
 *
 * Return: whether they have; false if it is not frozen.
 */
bool cbreak_guard_may_thaw(struct cbreak_guard *guard)
{
	bool may;

	spin_lock_bh(&guard->lock);
	may = may_thaw(guard);
	spin_unlock_bh(&guard->lock);
	return may;
}

/**
 * cbreak_guard_forget - a destination is not there any more
 * @guard: the guard
 * @mark: its mark; outcomes that are still noted change nothing
 */
void cbreak_guard_forget(struct cbreak_guard *guard, u32 *mark)
{
	spin_lock_bh(&guard->lock);
	if (*mark != GONE)
		uncount(guard, *mark);
	WRITE_ONCE(*mark, GONE);
	spin_unlock_bh(&guard->lock);
}

/**
 * cbreak_guard_thaw - begin anew
 * @guard: the guard
 * @now_ns: the present
 * @view: filled in if it was frozen: how many were still lost, of how many
 *
 * What was before counts no more: those that are still silent have fallen
 * already, and do not freeze it again.
 *
 * Return: whether it was frozen.
 */
bool cbreak_guard_thaw(struct cbreak_guard *guard, u64 now_ns,
		       struct cbreak_guard_view *view)
{
	bool frozen;

	spin_lock_bh(&guard->lock);
	frozen = guard->frozen;
	if (frozen) {
		view->lost = guard->nr_lost;
		view->destinations = guard->most_lost;
		turn(guard, div_u64(now_ns, NSEC_PER_SEC) + 1);
		/* The next marks are of a later second, whatever the clock. */
		guard->base = guard->epoch;
		turn(guard, guard->epoch + CBREAK_GUARD_WINDOW_S);
		guard->epoch = guard->base + 1;
		WRITE_ONCE(guard->frozen, false);
	}
	spin_unlock_bh(&guard->lock);
	return frozen;
}
