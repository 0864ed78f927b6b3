"""What a number was measured on, in lines that a benchmark prints above it."""

import os
import platform
from importlib import metadata
from pathlib import Path

PACKAGES = ("cryptography", "duckdb", "ibis-framework", "pyarrow", "numpy", "cedarpy", "pyrage")


def machine() -> dict[str, str]:
    """Describe processor, cores that this process may use, memory, system and versions."""
    return {
        "processor": _first_value("/proc/cpuinfo", "model name") or platform.processor() or platform.machine(),
        "cores": str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()),
        "memory": _memory(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        **{name: metadata.version(name) for name in PACKAGES if _is_installed(name)},
    }


def file_system(path: Path) -> str:
    """Name the kind of file system that a path stands on, where the system tells."""
    best = ("", "unknown")
    mounts = Path("/proc/mounts")
    for line in mounts.read_text().splitlines() if mounts.exists() else []:
        _, where, kind, *_ = line.split()
        if path.resolve().is_relative_to(where) and len(where) >= len(best[0]):
            best = (where, kind)
    return best[1]


def print_machine(**more: str) -> None:
    """Print the description, with what else the benchmark wants to say, one line each."""
    for name, value in {**machine(), **more}.items():
        print(f"{name:<16}{value}")
    print()


def peak_rss_mib() -> float:
    """Give the largest memory that this process has held so far, in MiB (Linux; 0 where it is not told)."""
    kib = _first_value("/proc/self/status", "VmHWM").removesuffix("kB").strip()
    return int(kib) / 1024 if kib else 0.0


def _first_value(file: str, name: str) -> str:
    path = Path(file)
    for line in path.read_text().splitlines() if path.exists() else []:
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""


def _memory() -> str:
    kib = _first_value("/proc/meminfo", "MemTotal").removesuffix("kB").strip()
    return f"{int(kib) / 2**20:.1f} GiB" if kib else "unknown"


def _is_installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True
