// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: what becomes of a connection once it is made
 *
 * The kernel tells of every change of a TCP socket's state by the tracepoint
 * sock:inet_sock_set_state. It is not exported, so it is looked up by name when
 * the first rule of any namespace asks what becomes of its connections, and left
 * alone when the last such rule is gone.
 *
 * A connection is followed if its SYN was admitted while its rule asked. It is
 * known by its socket's address in the namespace's table, which is there while
 * rules ask. The tracepoint is attached before the table is, and detached after
 * it: no change is missed of a socket that is in the table. Every TCP socket that
 * is not in TCP_CLOSE gets there before it is freed, whatever ends it, and the
 * tracepoint says so. So an entry leaves, and its breaker counts it no longer, at
 * the latest when its socket does.
 *
 * A socket in TIME_WAIT, or in FIN_WAIT2 without a user, is another, smaller one:
 * the one that connected is closed when that begins. Both sides have then said
 * what they had to say, or the user of this one has gone and all it said has
 * arrived.
 *
 * Context: the tracepoint fires in process context or softirq, with the socket
 * owned by who changes it, on any CPU and in any namespace; nothing sleeps.
 * Everything else is process context.
 *
 * Locks: users_lock guards the tracepoint and its users, and is taken inside
 * cn->lock.
 */
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/mutex.h>
#include <linux/netlink.h>
#include <linux/tcp.h>
#include <linux/tracepoint.h>
#include <net/tcp_states.h>
#include <trace/events/sock.h>

#include "attempt.h"
#include "conn.h"
#include "follow.h"
#include "net.h"
#include "outcome.h"
#include "socket.h"

#define TRACEPOINT	"inet_sock_set_state"

static DEFINE_MUTEX(users_lock);
static struct tracepoint *state_tracepoint;
/* Namespaces that have a table. */
static unsigned int nr_users;

/*
 * The connection's breaker; NULL if it is gone. One that counts connections goes
 * with its rule alone.
 */
static struct cbreak_dest *find_dest(struct cbreak_net *cn,
				     const struct cbreak_conn *conn)
{
	struct cbreak_rule *rule = xa_load(&cn->rules.by_id, conn->rule_id);
	struct cbreak_key key;

	if (!rule)
		return NULL;
	cbreak_dest_make_key(&key, rule, conn->family, &conn->daddr,
			     ntohs(conn->dport));
	return cbreak_dest_lookup_rcu(&cn->dests, &key);
}

/* The entry may be that of a socket that was here before. */
static bool is_same(const struct sock *sk, const struct cbreak_conn *conn)
{
	return inet_sk(sk)->inet_sport == conn->sport &&
	       tcp_sk(sk)->snd_una - conn->isn <= U16_MAX;
}

static void established(struct cbreak_net *cn, struct cbreak_conn_table *table,
			const struct sock *sk)
{
	struct cbreak_dest *dest;
	struct cbreak_conn conn;

	if (!cbreak_conn_find(table, sk, &conn) ||
	    conn.state != CBREAK_CONN_CONNECTING)
		return;
	if (!is_same(sk, &conn)) {
		cbreak_conn_take(table, sk, &conn);
		return;
	}
	dest = find_dest(cn, &conn);
	if (dest && cbreak_dest_get_conn(dest)) {
		cbreak_conn_establish(table, sk);
		return;
	}
	cbreak_conn_take(table, sk, &conn);
	cbreak_stats_inc(cn->stats, CBREAK_STAT_UNFOLLOWED);
}

/*
 * What ended an established connection. TCP notes the error before it closes the
 * socket: ECONNRESET for an RST that it believed, and ETIMEDOUT, or the ICMP error
 * that came meanwhile, when it had no answer for too long. Whoever closes or
 * aborts the socket here does it without an error, or with another one, and with
 * both directions shut down.
 *
 * A connection that this side has done with in both directions may be reset or
 * fall silent as it likes: nobody misses anything. TCP also notes ECONNRESET of
 * its own then, when data arrives that nobody will read.
 */
static enum cbreak_kind kind_of_end(const struct sock *sk)
{
	int err = READ_ONCE(sk->sk_err);

	if (READ_ONCE(sk->sk_shutdown) == SHUTDOWN_MASK)
		return CBREAK_KIND_SUCCESS;
	if (err == ECONNRESET)
		return CBREAK_KIND_RESET;
	if (err == ETIMEDOUT || (err && err == READ_ONCE(sk->sk_err_soft)))
		return CBREAK_KIND_STALLED;
	return CBREAK_KIND_SUCCESS;
}

/* As if its attempt had just failed; but for how long it took, see below. */
static void report(struct cbreak_net *cn, struct cbreak_dest *dest,
		   const struct sock *sk, const struct cbreak_conn *conn,
		   enum cbreak_kind kind)
{
	struct cbreak_attempt attempt = {
		.isn = conn->isn,
		.gen = conn->gen,
		.rule_id = conn->rule_id,
		.family = conn->family,
		.state = CBREAK_ATTEMPT_SENT,
	};
	u32 ms = (u32)ktime_to_ms(ktime_get()) - conn->start_ms;

	cbreak_socket_tuple(&attempt.tuple, sk, conn->family);
	/* Microseconds since the SYN; what is longer than an hour is that long. */
	cbreak_outcome_followed(cn, dest, &attempt, kind,
				min_t(u64, (u64)ms * USEC_PER_MSEC, U32_MAX));
}

static void closed(struct cbreak_net *cn, struct cbreak_conn_table *table,
		   const struct sock *sk)
{
	struct cbreak_dest *dest;
	struct cbreak_conn conn;
	enum cbreak_kind kind;

	if (!cbreak_conn_take(table, sk, &conn) ||
	    conn.state != CBREAK_CONN_ESTABLISHED)
		return;
	dest = find_dest(cn, &conn);
	if (!dest)
		return;
	cbreak_dest_touch(dest);
	cbreak_dest_put_conn(dest);
	kind = kind_of_end(sk);
	/* Who did not ask for it hears nothing of it. */
	if (kind != CBREAK_KIND_SUCCESS &&
	    cbreak_rule_params_rcu(dest->rule)->on & BIT(kind))
		report(cn, dest, sk, &conn, kind);
}

/* A namespace that goes has no table any more, and soon no cbreak_net. */
static void state_changed(void *data, const struct sock *sk,
			  const int oldstate, const int newstate)
{
	struct cbreak_conn_table *table;
	struct cbreak_net *cn;

	if (newstate != TCP_ESTABLISHED && newstate != TCP_CLOSE)
		return;
	/* MPTCP's sockets have states, too; their subflows are TCP. */
	if (sk->sk_protocol != IPPROTO_TCP)
		return;
	rcu_read_lock();
	if (likely(check_net(sock_net(sk)))) {
		cn = cbreak_net(sock_net(sk));
		table = rcu_dereference(cn->conns);
		if (table && newstate == TCP_CLOSE)
			closed(cn, table, sk);
		else if (table)
			established(cn, table, sk);
	}
	rcu_read_unlock();
}

static void look_at(struct tracepoint *tp, void *priv)
{
	if (!strcmp(tp->name, TRACEPOINT))
		state_tracepoint = tp;
}

/*
 * Tracepoints of the kernel itself do not go. On PREEMPT_RT they were not places
 * to take a lock for a long time.
 */
static int attach(struct netlink_ext_ack *extack)
{
	int err = 0;

	if (!IS_ENABLED(CONFIG_TRACEPOINTS) || IS_ENABLED(CONFIG_PREEMPT_RT))
		goto none;
	check_trace_callback_type_inet_sock_set_state(state_changed);
	mutex_lock(&users_lock);
	if (!state_tracepoint)
		for_each_kernel_tracepoint(look_at, NULL);
	if (!state_tracepoint)
		err = -EOPNOTSUPP;
	else if (!nr_users)
		err = tracepoint_probe_register(state_tracepoint,
						(void *)state_changed, NULL);
	if (!err)
		WRITE_ONCE(nr_users, nr_users + 1);
	mutex_unlock(&users_lock);
	if (err != -EOPNOTSUPP)
		return err;
none:
	NL_SET_ERR_MSG(extack,
		       "this kernel does not say how connections end: no tracepoint inet_sock_set_state");
	return -EOPNOTSUPP;
}

static void detach(void)
{
	if (!IS_ENABLED(CONFIG_TRACEPOINTS) || IS_ENABLED(CONFIG_PREEMPT_RT))
		return;
	mutex_lock(&users_lock);
	WRITE_ONCE(nr_users, nr_users - 1);
	if (!nr_users) {
		tracepoint_probe_unregister(state_tracepoint,
					    (void *)state_changed, NULL);
		/* The code may go as soon as nobody runs it. */
		tracepoint_synchronize_unregister();
	}
	mutex_unlock(&users_lock);
}

/**
 * cbreak_follow_is_attached - does somebody ask what becomes of connections?
 *
 * Context: any.
 * Return: whether the tracepoint is in use, for whatever namespace.
 */
bool cbreak_follow_is_attached(void)
{
	return READ_ONCE(nr_users);
}

/**
 * cbreak_follow_get - one more rule asks what becomes of its connections
 * @cn: the namespace
 * @extack: where the reason of a refusal goes
 *
 * Context: process, with cn->lock; may sleep.
 * Return: 0; -EOPNOTSUPP if the kernel cannot tell, -ENOMEM.
 */
int cbreak_follow_get(struct cbreak_net *cn, struct netlink_ext_ack *extack)
{
	struct cbreak_conn_table *table;
	int err;

	if (cn->nr_follow) {
		cn->nr_follow++;
		return 0;
	}
	table = cbreak_conn_table_alloc(cn->max_followed);
	if (!table)
		return -ENOMEM;
	err = attach(extack);
	if (err) {
		cbreak_conn_table_free(table);
		return err;
	}
	rcu_assign_pointer(cn->conns, table);
	cn->nr_follow = 1;
	return 0;
}

static void forget(void *arg, const struct cbreak_conn *conn)
{
	struct cbreak_dest *dest;

	if (conn->state != CBREAK_CONN_ESTABLISHED)
		return;
	rcu_read_lock();
	dest = find_dest(arg, conn);
	if (dest)
		cbreak_dest_put_conn(dest);
	rcu_read_unlock();
}

/**
 * cbreak_follow_stop - follow no connection of a namespace any more
 * @cn: the namespace; nothing is done if none is followed
 *
 * Context: process, with cn->lock or as the namespace's only user; may sleep.
 */
void cbreak_follow_stop(struct cbreak_net *cn)
{
	struct cbreak_conn_table *table;

	table = rcu_replace_pointer(cn->conns, NULL, true);
	if (!table)
		return;
	/* Until then hooks and the tracepoint may be inside. */
	synchronize_rcu();
	detach();
	cbreak_conn_for_each(table, forget, cn);
	cbreak_conn_table_free(table);
}

/**
 * cbreak_follow_put - one rule less asks what becomes of its connections
 * @cn: the namespace
 *
 * Context: process, with cn->lock; may sleep.
 */
void cbreak_follow_put(struct cbreak_net *cn)
{
	if (!--cn->nr_follow)
		cbreak_follow_stop(cn);
}

/**
 * cbreak_follow_expect - a connection is being made whose rule asks
 * @cn: the namespace
 * @sk: its socket, in TCP_SYN_SENT
 * @syn: its attempt; tuple, isn, gen, rule_id and family are taken
 * @now_ns: the present
 *
 * Context: any but hard interrupts, under rcu_read_lock().
 */
void cbreak_follow_expect(struct cbreak_net *cn, const struct sock *sk,
			  const struct cbreak_attempt *syn, u64 now_ns)
{
	struct cbreak_conn_table *table = rcu_dereference(cn->conns);
	struct cbreak_conn conn = {
		.daddr = syn->tuple.daddr,
		.rule_id = syn->rule_id,
		.gen = syn->gen,
		.isn = syn->isn,
		.start_ms = div_u64(now_ns, NSEC_PER_MSEC),
		.sport = syn->tuple.sport,
		.dport = syn->tuple.dport,
		.family = syn->family,
		.state = CBREAK_CONN_CONNECTING,
	};

	/* The rule may have just been told to ask, or not to. */
	if (!table)
		return;
	if (!cbreak_conn_insert(table, sk, &conn))
		cbreak_stats_inc(cn->stats, CBREAK_STAT_UNFOLLOWED);
}
