#!/usr/bin/python3
"""Runs a program that may make sockets of these families only, as systemd does
for RestrictAddressFamilies=: families.py AF_INET,AF_UNIX PROGRAM [WORD ...]"""

import ctypes
import errno
import os
import platform
import socket
import sys

SOCKET_CALL = {"x86_64": 41, "aarch64": 198}.get(platform.machine())

LOAD, IF_EQUAL, RETURN = 0x20, 0x15, 0x06  # of the kernel's packet filter
NUMBER, FIRST_ARGUMENT = 0, 16  # in struct seccomp_data
ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | errno.EAFNOSUPPORT
NO_NEW_PRIVILEGES, SECCOMP, BY_FILTER = 38, 22, 2  # of prctl


class Step(ctypes.Structure):
    _fields_ = [
        ("code", ctypes.c_uint16),
        ("yes", ctypes.c_uint8),
        ("no", ctypes.c_uint8),
        ("value", ctypes.c_uint32),
    ]


class Filter(ctypes.Structure):
    _fields_ = [("count", ctypes.c_uint16), ("steps", ctypes.POINTER(Step))]


def restrict(families):
    count = len(families)
    steps = [
        Step(LOAD, 0, 0, NUMBER),
        Step(IF_EQUAL, 0, count + 2, SOCKET_CALL),
        Step(LOAD, 0, 0, FIRST_ARGUMENT),
        *(
            Step(IF_EQUAL, count - i, 0, family)
            for i, family in enumerate(families)
        ),
        Step(RETURN, 0, 0, REFUSE),
        Step(RETURN, 0, 0, ALLOW),
    ]
    rules = Filter(len(steps), (Step * len(steps))(*steps))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    if prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0 or prctl(
        SECCOMP, BY_FILTER, ctypes.byref(rules), 0, 0
    ):
        raise OSError(ctypes.get_errno(), "prctl")


if __name__ == "__main__":
    restrict([getattr(socket, name) for name in sys.argv[1].split(",")])
    os.execv(sys.argv[2], sys.argv[2:])
