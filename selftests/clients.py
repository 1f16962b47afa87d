# SPDX-License-Identifier: GPL-2.0
"""One connection of Python's own socket: clients.py KIND ADDRESS PORT.

KIND is plain, mptcp or fastopen. Prints OK, or the errno's name: EINPROGRESS if
half a second was not enough. Exit status 4 if the kernel has no such sockets.
"""
import errno
import socket
import sys

IPPROTO_MPTCP = 262
MSG_FASTOPEN = 0x20000000
HALF_A_SECOND = (0).to_bytes(8, "little") + (500000).to_bytes(8, "little")

kind, address, port = sys.argv[1:]
family = socket.AF_INET6 if ":" in address else socket.AF_INET
try:
    sock = socket.socket(family, socket.SOCK_STREAM,
                         IPPROTO_MPTCP if kind == "mptcp" else 0)
except OSError as error:
    print(errno.errorcode[error.errno])
    sys.exit(4)
sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, HALF_A_SECOND)
try:
    if kind == "fastopen":
        sock.sendto(b"hello\n", MSG_FASTOPEN, (address, int(port)))
    else:
        sock.connect((address, int(port)))
    print("OK")
except OSError as error:
    print(errno.errorcode[error.errno])
