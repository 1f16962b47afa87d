// SPDX-License-Identifier: GPL-2.0
/*
 * One connect() by io_uring:
 *
 *	uring_cli NETNS ADDRESS PORT
 *
 * Prints OK, or the name of the errno it ended with: ECANCELED after half a
 * second. Exit status 4 if the kernel has no io_uring.
 */
#include <errno.h>
#include <linux/io_uring.h>
#include <linux/time_types.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "enter_netns.h"
#include "tcpcli_names.h"

#define TIMEOUT_NS	500000000
#define THE_CONNECT	1

struct ring {
	int fd;
	struct io_uring_params p;
	char *sq;
	char *cq;
	struct io_uring_sqe *sqes;
};

static void *map(const struct ring *r, size_t len, off_t offset)
{
	void *at = mmap(NULL, len, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_POPULATE, r->fd, offset);

	if (at == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	return at;
}

static void ring_open(struct ring *r)
{
	r->fd = syscall(SYS_io_uring_setup, 2, &r->p);
	if (r->fd < 0) {
		perror("io_uring_setup");
		exit(4);
	}
	r->sq = map(r, r->p.sq_off.array + r->p.sq_entries * sizeof(uint32_t),
		    IORING_OFF_SQ_RING);
	r->cq = map(r, r->p.cq_off.cqes +
		    r->p.cq_entries * sizeof(struct io_uring_cqe),
		    IORING_OFF_CQ_RING);
	r->sqes = map(r, r->p.sq_entries * sizeof(*r->sqes), IORING_OFF_SQES);
}

static uint32_t *at(char *ring, uint32_t offset)
{
	return (uint32_t *)(ring + offset);
}

/* Submits the first two entries and waits for what becomes of them. */
static int ring_run(struct ring *r)
{
	struct io_uring_cqe *cqe;
	uint32_t i;

	at(r->sq, r->p.sq_off.array)[0] = 0;
	at(r->sq, r->p.sq_off.array)[1] = 1;
	__atomic_store_n(at(r->sq, r->p.sq_off.tail), 2, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, r->fd, 2, 2, IORING_ENTER_GETEVENTS,
		    NULL, 0) < 0) {
		perror("io_uring_enter");
		exit(1);
	}
	cqe = (struct io_uring_cqe *)(r->cq + r->p.cq_off.cqes);
	for (i = 0; i < __atomic_load_n(at(r->cq, r->p.cq_off.tail),
					__ATOMIC_ACQUIRE); i++)
		if (cqe[i].user_data == THE_CONNECT)
			return -cqe[i].res;
	fputs("no completion\n", stderr);
	exit(1);
}

int main(int argc, char **argv)
{
	struct __kernel_timespec timeout = { .tv_nsec = TIMEOUT_NS };
	struct sockaddr_storage addr;
	struct ring r = { 0 };
	int fd, err;

	if (argc != 4 || !parse_addr(argv[2], atoi(argv[3]), &addr)) {
		fputs("usage: uring_cli NETNS ADDRESS PORT\n", stderr);
		return 2;
	}
	enter_netns(argv[1]);
	fd = socket(addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		perror("socket");
		return 1;
	}
	ring_open(&r);
	r.sqes[0] = (struct io_uring_sqe){
		.opcode = IORING_OP_CONNECT,
		.flags = IOSQE_IO_LINK,
		.fd = fd,
		.addr = (uintptr_t)&addr,
		.off = addr.ss_family == AF_INET ? sizeof(struct sockaddr_in) :
						   sizeof(struct sockaddr_in6),
		.user_data = THE_CONNECT,
	};
	r.sqes[1] = (struct io_uring_sqe){
		.opcode = IORING_OP_LINK_TIMEOUT,
		.addr = (uintptr_t)&timeout,
		.len = 1,
	};
	err = ring_run(&r);
	puts(err ? strerrorname_np(err) : "OK");
	return 0;
}
