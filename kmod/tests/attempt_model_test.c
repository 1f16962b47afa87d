// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: KUnit suite of the attempt table against a model of it
 *
 * The model is one record for each pair of ends, with times in nanoseconds. It
 * knows nothing of stripes, slots or ticks; which ends share a bucket it is
 * told.
 */
#include "attempt_fixture.h"

#define KEYS	500
#define STEPS	100000

struct key {
	bool in;
	struct cbreak_attempt a;
	u64 start;
	u64 deadline;
};

struct model {
	struct kunit *test;
	struct rnd_state rnd;
	struct bucket_map map;
	struct key key[KEYS];
	u64 now;
	u32 step;
	/* How often each thing was seen. */
	u32 inserted[CBREAK_ATTEMPT_EVICTED + 1];
	u32 matched[CBREAK_ATTEMPT_TAKEN + 1];
	u32 expired;
	u32 forgotten;
};

static const u32 seed = 31337;

static struct key *random_key(struct model *m)
{
	return &m->key[test_below(&m->rnd, KEYS)];
}

static struct key *oldest_of_full_bucket(struct model *m, const struct key *k)
{
	u8 bucket = m->map.bucket[k - m->key];
	struct key *oldest = NULL;
	unsigned int i, used = 0;

	for (i = 0; i < KEYS; i++) {
		struct key *other = &m->key[i];

		if (!other->in || m->map.bucket[i] != bucket)
			continue;
		used++;
		if (!oldest || other->start < oldest->start)
			oldest = other;
	}
	return used < WAYS ? NULL : oldest;
}

static u32 model_insert(struct model *m, struct key *k,
			const struct cbreak_attempt *a, u32 timeout_ms)
{
	u32 result = CBREAK_ATTEMPT_NEW;
	struct key *oldest;

	if (k->in && k->a.isn == a->isn)
		return CBREAK_ATTEMPT_KNOWN;
	oldest = oldest_of_full_bucket(m, k);
	if (k->in) {
		if (k->a.state != CBREAK_ATTEMPT_REJECTED)
			result = CBREAK_ATTEMPT_REPLACED;
	} else if (oldest) {
		oldest->in = false;
		m->forgotten++;
		if (oldest->a.state != CBREAK_ATTEMPT_REJECTED)
			result = CBREAK_ATTEMPT_EVICTED;
	}
	k->in = true;
	k->a = *a;
	k->start = m->now;
	k->deadline = m->now + timeout_ms * TEST_MS;
	return result;
}

static u32 random_isn(struct model *m, const struct key *k)
{
	switch (test_below(&m->rnd, 4)) {
	case 0:
		return prandom_u32_state(&m->rnd);
	case 1:
		return test_below(&m->rnd, 5) - 2;
	}
	return k->a.isn;
}

static void step_insert(struct model *m)
{
	static const u32 timeouts_ms[] = {
		100, 150, 1000, 3333, 6400, 10000, 60000, 300000,
	};
	struct key *k = random_key(m);
	struct cbreak_attempt a = make_attempt(k - m->key);
	u32 timeout_ms, want, got;

	a.isn = random_isn(m, k);
	a.gen = m->step;
	if (test_one_in(&m->rnd, 4))
		a.state = CBREAK_ATTEMPT_REJECTED;
	if (test_one_in(&m->rnd, 4))
		a.data_len = test_below(&m->rnd, 65536);
	timeout_ms = timeouts_ms[test_below(&m->rnd, ARRAY_SIZE(timeouts_ms))];
	/* No two at the same time: the oldest is one. */
	m->now += NSEC_PER_USEC;
	want = model_insert(m, k, &a, timeout_ms);
	got = insert(m->test->priv, &a, m->now, timeout_ms);
	KUNIT_ASSERT_EQ_MSG(m->test, got, want, "seed %u step %u", seed,
			    m->step);
	m->inserted[got]++;
}

static void step_lookup(struct model *m)
{
	struct key *k = random_key(m);
	struct cbreak_attempt a = make_attempt(k - m->key);
	bool known;

	a.isn = random_isn(m, k);
	known = k->in && k->a.isn == a.isn;
	KUNIT_ASSERT_EQ_MSG(m->test, lookup(m->test->priv, &a),
			    known ? k->a.state : CBREAK_ATTEMPT_FREE,
			    "seed %u step %u", seed, m->step);
}

static void step_sent(struct model *m)
{
	struct key *k = random_key(m);
	struct cbreak_attempt a = make_attempt(k - m->key);
	bool known;

	a.isn = random_isn(m, k);
	known = k->in && k->a.isn == a.isn &&
		k->a.state != CBREAK_ATTEMPT_REJECTED;
	KUNIT_ASSERT_EQ_MSG(m->test, mark_sent(m->test->priv, &a), known,
			    "seed %u step %u", seed, m->step);
	if (known)
		k->a.state = CBREAK_ATTEMPT_SENT;
}

/* Is the number in (ISN, ISN + 1 + data]? Counted, not computed. */
static bool model_ack_good(const struct cbreak_attempt *a, u32 ack)
{
	u32 i, number = a->isn;

	for (i = 0; i <= a->data_len; i++)
		if (++number == ack)
			return true;
	return false;
}

static void step_take(struct model *m)
{
	enum cbreak_attempt_match want = CBREAK_ATTEMPT_STRAY, got;
	struct key *k = random_key(m);
	struct cbreak_attempt a = make_attempt(k - m->key), taken;
	bool is_ack = test_one_in(&m->rnd, 2);
	u32 number = k->a.isn;

	if (is_ack && test_one_in(&m->rnd, 2))
		number += k->a.data_len;
	if (test_one_in(&m->rnd, 3))
		number += test_below(&m->rnd, 5) - 2;
	else
		number += is_ack;
	if (k->in && k->a.state != CBREAK_ATTEMPT_REJECTED) {
		want = CBREAK_ATTEMPT_FORGED;
		if (is_ack ? model_ack_good(&k->a, number) :
			     number == k->a.isn)
			want = CBREAK_ATTEMPT_TAKEN;
	}
	got = cbreak_attempt_take(m->test->priv, a.family, &a.tuple, number,
				  is_ack, &taken);
	KUNIT_ASSERT_EQ_MSG(m->test, got, want, "seed %u step %u", seed,
			    m->step);
	m->matched[got]++;
	if (got != CBREAK_ATTEMPT_TAKEN)
		return;
	KUNIT_ASSERT_TRUE_MSG(m->test, taken.isn == k->a.isn &&
			      taken.gen == k->a.gen &&
			      taken.rule_id == k->a.rule_id &&
			      taken.data_len == k->a.data_len &&
			      taken.state == k->a.state &&
			      taken.start_us == (u32)(k->start / NSEC_PER_USEC),
			      "seed %u step %u", seed, m->step);
	k->in = false;
}

static void expired(void *arg, const struct cbreak_attempt *attempt)
{
	struct model *m = arg;
	struct key *k = &m->key[attempt->rule_id];

	KUNIT_ASSERT_TRUE_MSG(m->test, k->in && k->a.gen == attempt->gen &&
			      k->a.state == attempt->state,
			      "seed %u step %u: not there", seed, m->step);
	KUNIT_ASSERT_GE_MSG(m->test, m->now, k->deadline, "seed %u step %u",
			    seed, m->step);
	k->in = false;
	m->expired++;
}

static void step_expire(struct model *m)
{
	unsigned int i, in = 0, left;

	left = cbreak_attempt_expire(m->test->priv, m->now, expired, m);
	for (i = 0; i < KEYS; i++) {
		if (!m->key[i].in)
			continue;
		in++;
		KUNIT_ASSERT_LT_MSG(m->test, m->now,
				    m->key[i].deadline + TICK,
				    "seed %u step %u: key %u is late", seed,
				    m->step, i);
	}
	KUNIT_ASSERT_EQ_MSG(m->test, left, in, "seed %u step %u", seed,
			    m->step);
}

static void step(struct model *m)
{
	if (test_one_in(&m->rnd, 3))
		m->now += test_below(&m->rnd, 60 * TEST_MS);
	if (test_one_in(&m->rnd, 2000))
		m->now += test_below(&m->rnd, 1000) * TEST_SEC / 10;

	switch (test_below(&m->rnd, 20)) {
	case 0 ... 9:
		step_insert(m);
		break;
	case 10 ... 12:
		step_lookup(m);
		break;
	case 13 ... 14:
		step_sent(m);
		break;
	case 15 ... 17:
		step_take(m);
		break;
	default:
		step_expire(m);
		break;
	}
}

static void model_test(struct kunit *test)
{
	unsigned int i;
	struct model *m;

	m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, m);
	m->test = test;
	prandom_seed_state(&m->rnd, seed);
	cbreak_test_map_buckets(test, &m->map, KEYS);
	for (i = 0; i < KEYS; i++)
		m->key[i].a = make_attempt(i);
	/* Microseconds wrap on the way, and so may ISNs. */
	m->now = ((1ULL << 32) - 200 * USEC_PER_SEC) * NSEC_PER_USEC;
	table_start(test, 1, m->now);
	for (m->step = 0; m->step < STEPS; m->step++)
		step(m);
	KUNIT_EXPECT_GT(test, m->now, (1ULL << 32) * NSEC_PER_USEC);

	for (i = 0; i < ARRAY_SIZE(m->inserted); i++)
		KUNIT_EXPECT_GT_MSG(test, m->inserted[i], 1000, "insert %u", i);
	for (i = 0; i < ARRAY_SIZE(m->matched); i++)
		KUNIT_EXPECT_GT_MSG(test, m->matched[i], 500, "match %u", i);
	KUNIT_EXPECT_GT(test, m->forgotten,
			m->inserted[CBREAK_ATTEMPT_EVICTED]);
	KUNIT_EXPECT_GT(test, m->expired, 5000);

	m->now += 400 * TEST_SEC;
	step_expire(m);
	KUNIT_EXPECT_EQ(test, cbreak_attempt_count(test->priv), 0);
}

static struct kunit_case attempt_model_cases[] = {
	KUNIT_CASE(model_test),
	{}
};

static struct kunit_suite attempt_model_suite = {
	.name = "cbreak_attempt_model",
	.init = table_init,
	.exit = table_exit,
	.test_cases = attempt_model_cases,
};

kunit_test_suite(attempt_model_suite);
