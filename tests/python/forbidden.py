"""Forbidding this process to make memory executable, as hardened systems do."""

import ctypes
import platform

PR_SET_MDWE = 65
MDWE_REFUSE_EXEC_GAIN = 1

PR_SET_NO_NEW_PRIVS = 38
PR_SET_SECCOMP = 22
SECCOMP_MODE_FILTER = 2
PROT_EXEC = 4


def forbid_executable_memory():
    """True when from now on nothing that was writeable becomes executable; there is no way back."""
    libc = ctypes.CDLL(None, use_errno=True)
    return libc.prctl(PR_SET_MDWE, MDWE_REFUSE_EXEC_GAIN, 0, 0, 0) == 0 or _filter_system_calls(libc)


def _filter_system_calls(libc):
    """mmap and mprotect with PROT_EXEC fail with EPERM, by a filter (x86-64 only)."""
    if platform.machine() != "x86_64":
        return False
    load_word, jump_equal, jump_set, give = 0x20, 0x15, 0x45, 0x06
    allow, refuse = 0x7FFF0000, 0x00050001
    mmap, mprotect, protection = 9, 10, 32  # the third argument's place among the arguments
    lines = [
        (load_word, 0, 0, 0),
        (jump_equal, 1, 0, mmap),
        (jump_equal, 0, 3, mprotect),
        (load_word, 0, 0, protection),
        (jump_set, 0, 1, PROT_EXEC),
        (give, 0, 0, refuse),
        (give, 0, 0, allow),
    ]

    class Line(ctypes.Structure):
        _fields_ = [("code", ctypes.c_uint16), ("yes", ctypes.c_uint8), ("no", ctypes.c_uint8), ("k", ctypes.c_uint32)]

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("lines", ctypes.POINTER(Line))]

    array = (Line * len(lines))(*lines)
    program = Program(len(lines), array)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    return libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) == 0
