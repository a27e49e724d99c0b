"""What networks compute on, and with how many threads."""

# Neither library is typed well enough.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
from __future__ import annotations

import os
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import structlog

from stemset.errors import ModelFailed
from stemset.models.networks.malloc import in_large_pages
from stemset.models.networks.untyped import Untyped
from stemset.models.runtime import Device, Runtime

log = structlog.stdlib.get_logger()

_PROVIDERS = {"cuda": "CUDAExecutionProvider", "mps": "CoreMLExecutionProvider"}
_GPU_FILES = ("/dev/nvidia0", "/proc/driver/nvidia/version", "/dev/dxg")
_CGROUP_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def torch_device(wanted: Device) -> str:
    """`cuda`, `mps` or `cpu`, whatever torch can use of what is wanted. ModelFailed where that isn't there."""
    torch = import_module("torch")
    there = [
        name
        for name, usable in (("cuda", torch.cuda.is_available), ("mps", torch.backends.mps.is_available))
        if usable()
    ]
    if wanted == "auto":
        return there[0] if there else "cpu"
    if wanted != "cpu" and wanted not in there:
        raise ModelFailed(f"This machine has no device {wanted!r} that torch can use.")
    return wanted


def onnx_device(wanted: Device) -> str:
    """The same for onnxruntime, without importing torch."""
    available = import_module("onnxruntime").get_available_providers()
    there = [name for name, provider in _PROVIDERS.items() if provider in available]
    if wanted == "auto":
        return there[0] if there else "cpu"
    if wanted != "cpu" and wanted not in there:
        raise ModelFailed(f"This machine has no device {wanted!r} that onnxruntime can use.")
    return wanted


def torch_has_cuda() -> bool:
    """Whether torch can use the GPU that onnxruntime uses; it is imported for that."""
    return import_module("torch").cuda.is_available()


def provider(device: str) -> str | None:
    """What onnxruntime calls the device; None for the CPU."""
    return _PROVIDERS.get(device)


def precision(runtime: Runtime, device: str) -> str:
    """What networks multiply in on this device: the name of a torch type."""
    if runtime.precision != "auto":
        return runtime.precision
    return "float16" if device == "cuda" else "float32"


def unused_gpu(wanted: Device, used: str) -> str | None:
    """In words, that this machine has a GPU although `used` is the CPU, which nobody asked for; None: all is well."""
    if used != "cpu" or wanted == "cpu" or not gpu_present():
        return None
    return (
        "This machine has a GPU, but the installed packages compute on the CPU, many times slower. Install the extra "
        "`gpu` (torch with CUDA, onnxruntime-gpu), or set STEMSET_DEVICE=cpu if that is meant."
    )


def gpu_present() -> bool:
    """Whether the kernel knows an NVIDIA GPU, whatever the packages can do with it."""
    return any(Path(file).exists() for file in _GPU_FILES)


def available_cpus() -> int:
    """Cores that this process may use: by affinity, and by the quota of its container."""
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    with suppress(OSError, ValueError):
        quota, period = _CGROUP_QUOTA.read_text("ascii").split()
        if quota != "max":
            cores = min(cores, max(1, int(quota) // int(period)))
    return cores


def torch_with_threads(threads: int) -> Untyped:
    """torch, set to so many threads within an operation and one across operations; 0: as many as there are cores.

    Its own choice doesn't know of a container's quota. What is set holds for the thread that calls this, and for those
    that have not computed yet: call it in the thread that is about to compute.
    """
    in_large_pages()
    torch = import_module("torch")
    torch.set_num_threads(threads or available_cpus())
    with suppress(RuntimeError):
        # It can be set once, and not after anything ran in parallel; then somebody else has chosen.
        torch.set_num_interop_threads(1)
    return torch
