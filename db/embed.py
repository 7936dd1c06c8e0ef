#!/usr/bin/env python3
"""Writes db/schema/NNN.sql files as C: one initializer {NNN, "text"} a file. Usage: embed.py OUT FILE..."""
import os
import sys

out, *files = sys.argv[1:]
with open(out, "w", encoding="ascii") as to:
    for expected, path in enumerate(sorted(files), 1):
        number = int(os.path.basename(path).split(".")[0])
        if number != expected:
            sys.exit(f"{path}: expected step {expected:03d}")
        to.write("{%d,\n" % number)
        with open(path, encoding="ascii") as text:
            for line in text:
                line = line.rstrip("\n").replace("\\", "\\\\").replace('"', '\\"')
                to.write('"%s\\n"\n' % line)
        to.write("},\n")
