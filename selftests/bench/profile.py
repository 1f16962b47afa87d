#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Where the instructions go that cbreak adds to connect + accept + close.

    profile.py COMMAND...     run.sh --profile knows it

COMMAND boots the benchmark's guest. profile.py has QEMU log every instruction of some hundred
operations, with nothing loaded and with a rule whose breaker is PASSING. Prints,
by function, how many more there are of each in one operation. IPv4.
"""

import bisect
import collections
import os
import re
import socket
import subprocess
import sys
import tempfile
import time

# Lines of some 90 bytes each; an operation is 70,000 instructions.
LOG_BYTES = 200 << 20
# Every operation enters this function once.
MARK = "__sys_connect"
TRACE = re.compile(rb"\[[0-9a-f]+/([0-9a-f]+)/")
# Less than that is chance: an interrupt, another path through a hash table.
LEAST = 3
# Fewer than that were not watched from the beginning to the end.
LEAST_OPERATIONS = 20


class Monitor:
    """QEMU's, to say when to log."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.wait()

    def wait(self):
        """For the prompt."""
        text = b""
        while not text.endswith(b"(qemu) "):
            text += self.socket.recv(4096)

    def command(self, line):
        """One command, until it is done."""
        self.socket.sendall(line.encode() + b"\n")
        self.wait()


def watch(monitor, log):
    """Log until there is enough of it."""
    monitor.command(f"logfile {log}")
    monitor.command("singlestep on")
    monitor.command("log exec,nochain")
    while os.path.getsize(log) < LOG_BYTES:
        time.sleep(0.05)
    monitor.command("log none")
    monitor.command("singlestep off")


def run(tmp, command):
    """Two logs in tmp, and the guest's kallsyms."""
    monitor_path = os.path.join(tmp, "monitor")
    env = dict(os.environ)
    env["CBREAK_QEMU_ARGS"] += f" -monitor unix:{monitor_path},server=on,wait=off"
    guest = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)
    symbols, logs = [], []
    for line in guest.stdout:
        words = line.split()
        if words == ["begin"]:
            logs.append(os.path.join(tmp, f"log{len(logs)}"))
            watch(Monitor(monitor_path), logs[-1])
        elif len(words) >= 3 and words[1] in "tTwW":
            module = " " + words[3] if len(words) > 3 else ""
            symbols.append((int(words[0], 16), words[2] + module))
    if guest.wait() or len(logs) != 2 or not symbols:
        sys.exit("profile.py: the guest failed")
    return logs, sorted(symbols)


def count(log, symbols):
    """Instructions of one operation, on average, by function."""
    starts = [address for address, _ in symbols]
    mark = next(address for address, name in symbols if name == MARK)
    total, since, operations = collections.Counter(), None, -1
    with open(log, "rb") as file:
        for line in file:
            match = TRACE.search(line)
            if not match:
                continue
            address = int(match[1], 16)
            if address == mark:
                operations += 1
                if since is not None:
                    total.update(since)
                since = collections.Counter()
            if since is not None:
                since[address] += 1
    if operations < LEAST_OPERATIONS:
        sys.exit(f"profile.py: only {operations} operations are in the log")
    functions = collections.Counter()
    for address, number in total.items():
        index = bisect.bisect(starts, address) - 1
        name = "user space" if address < 1 << 63 else symbols[index][1]
        functions[name] += number / operations
    return functions, operations


def main():
    """The difference of two profiles."""
    with tempfile.TemporaryDirectory() as tmp:
        logs, symbols = run(tmp, sys.argv[1:])
        (without, nr_without), (with_rule, nr_with) = (count(log, symbols) for log in logs)
    added = {name: with_rule[name] - without[name] for name in with_rule | without}
    print(f"Instructions that a rule adds to connect + accept + close, IPv4, PASSING;\n"
          f"mean of {nr_with} operations, of {nr_without} without the module\n")
    rest = 0
    for name, number in sorted(added.items(), key=lambda item: -item[1]):
        if abs(number) < LEAST:
            rest += number
        else:
            print(f"  {number:>+8,.0f}  {name}")
    print(f"  {rest:>+8,.0f}  functions of less than {LEAST} each")
    print(f"  {sum(added.values()):>+8,.0f}  all")


if __name__ == "__main__":
    main()
