#!/usr/bin/env python3
"""Runs the README's tour, as one would paste it, and compares what it prints with what the README says.

    scripts/tour.py http://127.0.0.1:8080 path/to/cauce [--write]

The server must be fresh. Ids and times differ from run to run and are not compared; --write records what was printed.
"""

import re
import subprocess
import sys

BLOCK = re.compile(r"^```sh\n((?:(?!```).)*?)```\n\n```text\n((?:(?!```).)*?)```\n", re.S | re.M)
MARK = "--- the tour goes on ---"
CHANGING = [
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<id>"),
    (r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", "<now>"),
]


def steady(text):
    for pattern, name in CHANGING:
        text = re.sub(pattern, name, text)
    return text.strip()


def main():
    url, cauce, *options = sys.argv[1:]
    with open("README.md", encoding="utf-8") as file:
        readme = file.read()
    blocks = BLOCK.findall(readme)
    script = f"echo '{MARK}'\n".join(commands for commands, _ in blocks)
    script = script.replace("http://127.0.0.1:8080", url).replace("target/release/cauce", cauce)
    ran = subprocess.run(["bash", "-c", script], stdout=subprocess.PIPE, text=True, check=False)
    printed = [part.strip("\n") for part in ran.stdout.split(f"{MARK}\n")]
    differing = 0
    for (commands, said), got in zip(blocks, printed, strict=True):
        if steady(said) != steady(got):
            differing += 1
            print(f"README says:\n{said}\nbut this was printed:\n{got}\n")
        readme = readme.replace(f"```sh\n{commands}```\n\n```text\n{said}```", f"```sh\n{commands}```\n\n```text\n{got}\n```")
    if "--write" in options:
        with open("README.md", "w", encoding="utf-8") as file:
            file.write(readme)
        return 0
    print(f"tour: {len(blocks)} blocks, {differing} differ from the README")
    return 1 if differing else 0


sys.exit(main())
