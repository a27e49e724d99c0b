"""What networks compute on, and with how many threads. torch and onnxruntime are imported only when they are asked."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from stemset.errors import ModelFailed
from stemset.models.runtime import Device, Runtime

_PROVIDERS = {"cuda": "CUDAExecutionProvider", "mps": "CoreMLExecutionProvider"}
_GPU_FILES = ("/dev/nvidia0", "/proc/driver/nvidia/version", "/dev/dxg")
_CGROUP_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def choose_torch_device(wanted: Device) -> str:
    """`cuda`, `mps` or `cpu`: the wanted device; for `auto` the best that torch can use.

    Raises ModelFailed where torch can't use the wanted one.
    """
    import torch  # noqa: PLC0415

    usable = {"cuda": torch.cuda.is_available, "mps": torch.backends.mps.is_available}
    return _choose(wanted, [name for name, is_usable in usable.items() if is_usable()], "torch")


def choose_onnx_device(wanted: Device) -> str:
    """The same for onnxruntime, without importing torch."""
    import onnxruntime  # noqa: PLC0415

    providers = onnxruntime.get_available_providers()
    return _choose(wanted, [name for name, provider in _PROVIDERS.items() if provider in providers], "onnxruntime")


def _choose(wanted: Device, available: list[str], library: str) -> str:
    if wanted == "auto":
        return available[0] if available else "cpu"
    if wanted != "cpu" and wanted not in available:
        raise ModelFailed(f"This machine has no device {wanted!r} that {library} can use.")
    return wanted


def torch_has_cuda() -> bool:
    """Whether torch can use the GPU that onnxruntime uses; it is imported for that."""
    import torch  # noqa: PLC0415

    return torch.cuda.is_available()


def release_gpu_memory() -> None:
    """Give back the GPU memory that torch keeps for its next tensors."""
    import torch  # noqa: PLC0415

    torch.cuda.empty_cache()


def onnx_provider(device: str) -> str | None:
    """What onnxruntime calls the device; None for the CPU."""
    return _PROVIDERS.get(device)


def choose_precision(runtime: Runtime, device: str) -> str:
    """The name of the torch type that networks multiply matrices in on this device, such as `float16`."""
    if runtime.precision != "auto":
        return runtime.precision
    return "float16" if device == "cuda" else "float32"


def describe_unused_gpu(wanted: Device, used: str) -> str | None:
    """A sentence that says that this machine has a GPU, but `used` is the CPU, which nobody asked for; else None."""
    if used != "cpu" or wanted == "cpu" or not has_nvidia_gpu():
        return None
    return (
        "This machine has a GPU, but the installed packages compute on the CPU, many times slower. Install the extra "
        "`gpu` (torch with CUDA, onnxruntime-gpu), or set STEMSET_DEVICE=cpu if that is meant."
    )


def has_nvidia_gpu() -> bool:
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


def set_torch_threads(threads: int) -> None:
    """Let torch use so many threads within an operation and one across operations; 0: as many as there are cores.

    Its own choice doesn't know of a container's quota. What is set holds for the thread that calls this, and for those
    that have not computed yet: call it in the thread that is about to compute.
    """
    import torch  # noqa: PLC0415

    torch.set_num_threads(threads or available_cpus())
    with suppress(RuntimeError):
        # It can be set once, and not after anything ran in parallel; then somebody else has chosen.
        torch.set_num_interop_threads(1)
