#!/usr/bin/python3
"""A vendor's screen on a store with two alerts: what it was given stays what it
was, also when it asks for more before it has shown it."""

import os
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kit"))

from home import SystemCase  # noqa: E402
from places import LUOHU, SHENZHEN  # noqa: E402

BUILD = Path(os.environ["TOCSIN_BUILD"])
COMPILER = os.environ.get("TOCSIN_CC", "cc")
SANITIZE = os.environ.get("TOCSIN_SANITIZE", "")

# Prints the name of each child, and draws the list anew in between.
PROGRAM = """
#include <stdio.h>
#include <tocsin/terminal.h>

static int pass(void *arg, const struct tocsin_item *item)
{
    (void)arg;
    (void)item;
    return 1;
}

static int show(void *arg, const struct tocsin_item *item)
{
    struct tocsin_diag why = {0};
    const char *name = item->alert->child->name;

    printf("%s ", name);
    if (tocsin_store_list(arg, false, pass, NULL, &why) != TOCSIN_OK)
        return 0;
    printf("%s\\n", name);
    return 1;
}

int main(int argc, char **argv)
{
    struct tocsin_diag why = {0};
    struct tocsin_bundle *bundle;
    struct tocsin_store *store;

    if (argc != 3 ||
        tocsin_bundle_load(&bundle, argv[1], NULL, &why) != TOCSIN_OK ||
        tocsin_store_open(&store, argv[2], bundle, &why) != TOCSIN_OK ||
        tocsin_store_list(store, false, show, store, &why) != TOCSIN_OK)
        return 1;
    tocsin_store_close(store);
    tocsin_bundle_free(bundle);
    return 0;
}
"""


def run(*argv, env=None):
    done = subprocess.run(
        [str(word) for word in argv],
        capture_output=True,
        text=True,
        env={**os.environ, **(env or {})},
        check=False,
    )
    if done.returncode != 0:
        raise AssertionError(f"{argv}\n{done.stdout}{done.stderr}")
    return done.stdout


class VendorStore(SystemCase):
    def build(self):
        prefix = self.home.folder / "prefix"
        run("cmake", "--install", BUILD, "--prefix", prefix)
        where = next(prefix.rglob("tocsin-static.pc")).parent
        flags = run("pkg-config", "--cflags", "--libs", "tocsin-static",
                    env={"PKG_CONFIG_PATH": str(where)})  # fmt: skip
        source = self.home.folder / "vendor.c"
        source.write_text(PROGRAM)
        sanitize = [f"-fsanitize={SANITIZE}"] if SANITIZE else []
        program = self.home.folder / "vendor"
        run(COMPILER, "-std=c17", "-Wall", "-Wextra", "-Werror", *sanitize,
            source, "-o", program, *flags.split())  # fmt: skip
        return program

    def test_an_item_is_valid_within_its_call_whatever_is_asked_in_it(self):
        self.home = home = self.make_home().start()
        home.enrol("centre", "T-CENTRE", SHENZHEN)
        home.enrol_nodes([LUOHU])
        names = {"Invented-Aster", "Invented-Birch"}
        for name in names:
            home.tocsin(
                "report", "--sex", "female", "--age", "6", "--name", name,
                "--seen-at", LUOHU[0], "--seen-time", "-5m", key="T-CENTRE",
            )  # fmt: skip
        terminal = home.start_terminal(LUOHU[0])
        self.wait_until(lambda: len(home.on_terminal(LUOHU[0])) == 2)
        terminal.stop()
        told = run(self.build(), home.bundle_path(LUOHU[0]),
                   home.store_path(LUOHU[0]))  # fmt: skip
        pairs = [line.split() for line in told.splitlines()]
        self.assertEqual(names, {before for before, _ in pairs})
        for before, after in pairs:
            self.assertEqual(before, after)


if __name__ == "__main__":
    unittest.main(verbosity=2)
