#!/usr/bin/python3
"""A vendor's program, built against what is installed and nothing else."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ["TOCSIN_BUILD"])
COMPILER = os.environ.get("TOCSIN_CC", "cc")
SANITIZE = os.environ.get("TOCSIN_SANITIZE", "")
OURS = re.compile(r"^tocsin_|^tocsin__v1__")

# Names that the library has inside, used by the vendor for other things.
PROGRAM = """
#include <stdio.h>
#include <string.h>
#include <tocsin/bundle.h>
#include <tocsin/centre.h>
#include <tocsin/client.h>
#include <tocsin/json.h>
#include <tocsin/status.h>
#include <tocsin/terminal.h>

int sign(void);
int decode(void);
int verify(void);
int map_get(void);
int sign(void) { return 1; }
int decode(void) { return 2; }
int verify(void) { return 3; }
int map_get(void) { return 4; }

int main(void)
{
    struct tocsin_diag why = {0};
    struct tocsin_bundle *bundle;
    struct tocsin_store *store = NULL;
    ProtobufCMessage *message = NULL;
    char id[27];

    tocsin_alert_id(id);
    if (strlen(id) != 26 || sign() + decode() + verify() + map_get() != 10)
        return 1;
    if (tocsin_bundle_load(&bundle, "/nowhere", NULL, &why) != TOCSIN_MISSING)
        return 2;
    if (tocsin_from_json(&message, &tocsin__v1__target__descriptor,
                         "{\\"divisions\\": [\\"440300\\"]}", &why) != TOCSIN_OK)
        return 3;
    protobuf_c_message_free_unpacked(message, NULL);
    tocsin_store_close(store);
    tocsin_client_close(NULL);
    return puts(tocsin_version()) < 0;
}
"""

CPP = {"clang": "clang++", "gcc": "g++", "cc": "c++"}
CPP_MAIN = """
#include <cstdio>

int main()
{
    tocsin_diag why = {};
    tocsin_bundle *bundle = nullptr;
    char id[27];

    tocsin_alert_id(id);
    if (tocsin_bundle_load(&bundle, "/nowhere", nullptr, &why) !=
        TOCSIN_MISSING)
        return 1;
    tocsin_client_close(nullptr);
    tocsin_store_close(nullptr);
    return std::puts(tocsin_version()) < 0;
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


class Vendor(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        room = tempfile.TemporaryDirectory(prefix="tocsin-test-")
        cls.addClassCleanup(room.cleanup)
        cls.folder = Path(room.name)
        cls.prefix = cls.folder / "prefix"
        run("cmake", "--install", BUILD, "--prefix", cls.prefix)
        cls.source = cls.folder / "vendor.c"
        cls.source.write_text(PROGRAM)
        found = sorted(cls.prefix.rglob("tocsin.pc"))
        assert len(found) == 1, found
        cls.libraries = found[0].parent.parent
        cls.env = {"PKG_CONFIG_PATH": str(found[0].parent)}

    def build(self, name, package):
        """As the vendor does: all that is needed comes from pkg-config."""
        flags = run("pkg-config", "--cflags", "--libs", package, env=self.env)
        program = self.folder / name
        sanitize = [f"-fsanitize={SANITIZE}"] if SANITIZE else []
        run(
            COMPILER, "-std=c17", "-Wall", "-Wextra", "-Werror", *sanitize,
            self.source, "-o", program, *flags.split(),
        )  # fmt: skip
        return program

    def test_it_builds_and_runs_with_the_shared_library(self):
        program = self.build("shared", "tocsin")
        env = {"LD_LIBRARY_PATH": str(self.libraries)}
        self.assertRegex(run(program, env=env), r"^\d+\.\d+\.\d+\n$")
        self.assertIn("libtocsin.so.0", run("ldd", program, env=env))

    def test_it_builds_and_runs_with_the_static_library(self):
        program = self.build("static", "tocsin-static")
        self.assertRegex(run(program), r"^\d+\.\d+\.\d+\n$")
        self.assertNotIn("libtocsin", run("ldd", program))

    def test_a_program_in_cpp_uses_every_header(self):
        # The one that goes with ours: it must know the same sanitizers.
        name = re.sub("clang|gcc|cc", lambda c: CPP[c[0]], Path(COMPILER).name)
        compiler = shutil.which(name)
        if compiler is None:
            self.skipTest("no compiler for C++ here")
        headers = sorted((self.prefix / "include/tocsin").glob("*.h"))
        self.assertLess(5, len(headers))
        source = self.folder / "vendor.cpp"
        source.write_text(
            "".join(f"#include <tocsin/{path.name}>\n" for path in headers)
            + CPP_MAIN
        )
        flags = run("pkg-config", "--cflags", "--libs", "tocsin", env=self.env)
        sanitize = [f"-fsanitize={SANITIZE}"] if SANITIZE else []
        run(
            compiler, "-std=c++17", "-Wall", "-Wextra", "-Werror", *sanitize,
            source, "-o", self.folder / "cpp", *flags.split(),
        )  # fmt: skip
        env = {"LD_LIBRARY_PATH": str(self.libraries)}
        said = run(self.folder / "cpp", env=env)
        self.assertRegex(said, r"^\d+\.\d+\.\d+\n$")

    def names(self, *words):
        lines = run("nm", "--defined-only", "-P", *words).splitlines()
        # A sanitizer adds names of its own; they are not the library's.
        return {
            line.split()[0]
            for line in lines
            if len(line.split()) > 1
            and not re.match(r"_*(asan|ubsan|odr_asan|ODR)", line.lstrip("_"))
        }

    def test_nothing_but_the_public_names_can_be_seen(self):
        shared = self.names("-D", self.libraries / "libtocsin.so")
        static = self.names("-g", self.libraries / "libtocsin.a")
        self.assertIn("tocsin_client_call", shared & static)
        self.assertIn("tocsin_terminal_step", shared & static)
        for names in (shared, static):
            self.assertEqual([], [x for x in names if not OURS.match(x)])

    def test_the_protocol_is_installed_with_it(self):
        protos = {path.name for path in self.prefix.rglob("*.proto")}
        self.assertIn("desk.proto", protos)
        self.assertTrue((self.prefix / "bin/tocsin").exists())

    def test_a_unit_starts_what_is_installed(self):
        """As the runbook installs it, where no prefix is given."""
        root = self.folder / "root"
        run("cmake", "--install", BUILD, env={"DESTDIR": str(root)})
        units = list((SOURCE / "deploy/systemd").glob("*.service"))
        self.assertTrue(units)
        for unit in units:
            start = re.search(r"^ExecStart=/(\S+)", unit.read_text(), re.M)[1]
            self.assertTrue((root / start).exists(), f"{unit.name}: {start}")

    def units_with_our_programs(self):
        """Copies that name what was built, so that they can be looked at."""
        folder = self.folder / "units"
        folder.mkdir()
        for unit in (SOURCE / "deploy/systemd").glob("*.service"):
            text = unit.read_text()
            text = text.replace("/usr/local/bin/", f"{BUILD}/bin/")
            name = unit.name.replace("@.", "@T-1.")
            (folder / name).write_text(text)
        return sorted(folder.iterdir())

    def test_systemd_takes_each_unit_as_it_is_meant(self):
        if shutil.which("systemd-analyze") is None:
            self.skipTest("systemd-analyze is not here: no unit was looked at")
        for unit in self.units_with_our_programs():
            done = subprocess.run(
                ["systemd-analyze", "verify", "--man=no", unit],
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            told = [x for x in done.stderr.splitlines() if unit.name in x]
            self.assertEqual((0, []), (done.returncode, told), done.stderr)
            done = subprocess.run(
                ["systemd-analyze", "security", "--offline=true",
                 "--threshold=45", unit],
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            self.assertEqual(0, done.returncode, done.stdout + done.stderr)

    def test_the_programs_need_no_more_than_what_is_told_to_be_installed(self):
        if shutil.which("dpkg") is None:
            self.skipTest("dpkg is not here: nobody knows whose a library is")
        script = (SOURCE / "deploy/packages.sh").read_text()
        told = set(re.search(r'^run="([^"]*)"', script, re.M)[1].split())
        sanitizers = {"libasan8", "libubsan1", "libtsan2"}
        theirs = {"libc6", "libgcc-s1", "libstdc++6"} | sanitizers
        needed = set()
        for program in (self.prefix / "bin").iterdir():
            for line in run("objdump", "-p", program).splitlines():
                if line.split()[:1] == ["NEEDED"]:
                    needed.add(line.split()[1])
        owners = {self.owner(library) for library in needed}
        self.assertEqual(set(), owners - theirs - told)
        # not every linker leaves out what is named and not used
        self.assertLessEqual(told - owners, {"libevent-2.1-7"})

    def owner(self, library):
        """The package that a library of the system is of."""
        owners = run("dpkg", "-S", f"*/{library}").splitlines()
        return next(
            x.split(":")[0] for x in owners if x.endswith(f"-gnu/{library}")
        )

    def test_the_installed_programs_find_each_other(self):
        home = self.folder / "home"
        run(self.prefix / "bin/tocsin", "init", home)
        told = run(self.prefix / "bin/tocsin", "journal", "verify", home)
        self.assertNotEqual("", told)


if __name__ == "__main__":
    unittest.main()
