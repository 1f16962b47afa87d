#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Lines of the module that were run, by file, and those that were not.

table.py OBJECTS COUNTS...

OBJECTS has the .gcno files, each COUNTS the .gcda files of one guest.
"""
import collections
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile


def read(objects, counts):
    """gcov's JSON of every source file of one guest."""
    with tempfile.TemporaryDirectory() as work:
        for file in glob.glob(objects + "/*.gcno"):
            shutil.copy(file, work)
        for file in glob.glob(counts + "/*.gcda"):
            shutil.copy(file, work)
        names = sorted(os.path.basename(file)[:-5]
                       for file in glob.glob(work + "/*.gcda"))
        for name in names:
            out = subprocess.run(["gcov", "-t", "-j", name + ".gcda"],
                                 cwd=work, check=True,
                                 stdout=subprocess.PIPE).stdout
            yield from json.loads(out)["files"]


def main():
    objects = sys.argv[1]
    hits = collections.defaultdict(collections.Counter)
    where = {}

    for counts in sys.argv[2:]:
        for file in read(objects, counts):
            name = file["file"].partition("/kmod/")[2]
            if not name or name in ("trace.h", "start.h"):
                continue
            for line in file["lines"]:
                number = line["line_number"]
                hits[name][number] += line["count"]
                where[name, number] = line.get("function_name", "")

    print("%-22s %8s %8s %7s" % ("file", "lines", "run", ""))
    total = run = 0
    for name in sorted(hits):
        lines = hits[name]
        covered = sum(1 for count in lines.values() if count)
        total += len(lines)
        run += covered
        print("%-22s %8d %8d %6.1f%%" %
              (name, len(lines), covered, 100 * covered / len(lines)))
    print("%-22s %8d %8d %6.1f%%" % ("all", total, run, 100 * run / total))

    print("\nnot run:")
    for name in sorted(hits):
        missed = collections.defaultdict(list)
        for number in sorted(hits[name]):
            if not hits[name][number]:
                missed[where[name, number]].append(str(number))
        for function, numbers in missed.items():
            print("%s: %s: %s" % (name, function, " ".join(numbers)))


main()
