#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Hold the UAPI header to the YAML spec: every name and number, both ways."""

import re
import sys

import yaml

SPEC = "Documentation/netlink/specs/cbreak.yaml"
HEADER = "kmod/uapi/linux/cbreak.h"


def c_name(*words):
    return "_".join(words).replace("-", "_").upper()


def from_spec(spec):
    """Every constant that the spec defines, as {C name: value}."""
    want = {}
    for item in spec["definitions"]:
        if item["type"] == "const":
            want[c_name("cbreak", item["name"])] = item["value"]
            continue
        flags = item["type"] == "flags"
        number = 0
        for entry in item["entries"]:
            name = entry if isinstance(entry, str) else entry["name"]
            if isinstance(entry, dict) and "value" in entry:
                number = entry["value"]
            value = 1 << number if flags else number
            want[c_name("cbreak", item["name"], name)] = value
            number += 1
    for attrs in spec["attribute-sets"]:
        for number, attr in enumerate(attrs["attributes"], 1):
            want[c_name("cbreak", "a", attrs["name"], attr["name"])] = number
        want[c_name("cbreak", "a", attrs["name"], "max")] = number
    for number, op in enumerate(spec["operations"]["list"], 1):
        want[c_name("cbreak", "cmd", op["name"])] = number
    want["CBREAK_CMD_MAX"] = number
    return want


def from_header(text):
    """Every constant that the header defines, as {C name: value}."""
    have = {}
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    for name, value in re.findall(r"^#define\s+(CBREAK_\w+)\s+(\d+)$", text,
                                  flags=re.M):
        have[name] = int(value)
    for body in re.findall(r"enum \w+ \{(.*?)\}", text, flags=re.S):
        number = 0
        for entry in filter(None, (e.strip() for e in body.split(","))):
            name, _, value = (part.strip() for part in entry.partition("="))
            top = re.fullmatch(r"\((\w+) - 1\)", value)
            if top:
                number = have[top.group(1)] - 1
            elif value:
                number = int(value)
            have[name] = number
            number += 1
    return have


def check_texts(spec, text):
    """Names that are strings, not numbers."""
    for macro, value in (("CBREAK_FAMILY_NAME", spec["name"]),
                         ("CBREAK_MCGRP_EVENTS",
                          spec["mcast-groups"]["list"][0]["name"])):
        if not re.search(rf'#define {macro}\s+"{value}"', text):
            yield f"{macro} is not \"{value}\""


def check_references(spec):
    """Attributes that operations and nests name must exist."""
    sets = {s["name"]: [a["name"] for a in s["attributes"]]
            for s in spec["attribute-sets"]}
    names = {op["name"] for op in spec["operations"]["list"]}
    for attrs in spec["attribute-sets"]:
        for attr in attrs["attributes"]:
            nest = attr.get("nested-attributes")
            if nest and nest not in sets:
                yield f"{attrs['name']}.{attr['name']}: no set {nest}"
    for op in spec["operations"]["list"]:
        if "notify" in op and op["notify"] not in names:
            yield f"{op['name']}: no operation {op['notify']}"
        for part in ("do", "dump", "event"):
            for side in [op.get(part, {})] + list(op.get(part, {}).values()):
                if not isinstance(side, dict):
                    continue
                for name in side.get("attributes", []):
                    if name not in sets[op["attribute-set"]]:
                        yield f"{op['name']}: no attribute {name}"


def main():
    with open(SPEC, encoding="utf-8") as file:
        spec = yaml.safe_load(file)
    with open(HEADER, encoding="utf-8") as file:
        text = file.read()
    want, have = from_spec(spec), from_header(text)
    # The version, and the helpers of the _MAX idiom, are C's own business.
    for name in list(have):
        if name.startswith("__CBREAK_") or name == "CBREAK_FAMILY_VERSION":
            del have[name]

    faults = list(check_texts(spec, text)) + list(check_references(spec))
    for name in sorted(want.keys() | have.keys()):
        if want.get(name) != have.get(name):
            faults.append(f"{name}: {want.get(name)} in the spec, "
                          f"{have.get(name)} in the header")
    print("\n".join(faults), end="\n" if faults else "")
    return bool(faults)


sys.exit(main())
