"""Looks into one process: where its time goes around the networks' forward passes. Started by engine.py.

python benchmarks/probe.py TOOL WHAT MODELS_DIR SONG MODEL [MODEL…]

TOOL: stemset or audio-separator. WHAT, printed as JSON:
first   `monotonic s` at the first forward pass of the command line, of an MDX-Net; the process ends there
load    `load s` of the network, everything imported before
outside `outside %`: the share of a warm run's CPU time that is not spent in forward passes, and its `CPU s`
warm    `wall s` and `CPU s` of a second run in one process, of a chain of models

In the environment: PROBE_GPU computes on a GPU, PROBE_COMPILE lets torch compile (for the library with native fp16).
"""

# Of torch and the library little is typed.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false
from __future__ import annotations

import json
import logging
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

NETWORKS = frozenset({"MelBandRoformer", "BSRoformer", "HTDemucs"})
CPU = "CPUExecutionProvider"


class Forward:
    """Watches the forward passes of all networks, in onnxruntime and in torch."""

    def __init__(self, *, torch: bool = True) -> None:
        """torch: import it, to watch its networks as well."""
        self.cpu_s = 0.0
        self.on_first: Callable[[], None] = lambda: None
        session = import_module("onnxruntime").InferenceSession
        session.run = self._watched(session.run, lambda _: True)
        if not torch:
            return
        module = import_module("torch.nn").Module
        module.__call__ = self._watched(module.__call__, lambda it: type(it).__name__ in NETWORKS)

    def _watched(self, call: Callable[..., Any], counts: Callable[[object], bool]) -> Callable[..., Any]:
        def watched(it: object, *args: object, **options: object) -> object:
            if not counts(it):
                return call(it, *args, **options)
            self.on_first()
            begun = _cpu_s()
            try:
                return call(it, *args, **options)
            finally:
                self.cpu_s += _cpu_s() - begun

        return watched


def _cpu_s() -> float:
    """What this process took, but for the thread in which a node writes sound while its network makes the next."""
    writing = [thread.ident for thread in threading.enumerate() if thread.name.startswith("stems")]
    clocks = [time.pthread_getcpuclockid(ident) for ident in writing if ident is not None]
    return time.process_time() - sum(time.clock_gettime(clock) for clock in clocks)


class Loaded(Exception):
    """The network is about to be used."""


def main() -> None:
    """Do what the arguments say."""
    tool, what, models_dir, song, *models = sys.argv[1:]
    ours = tool == "stemset"
    with tempfile.TemporaryDirectory() as name:
        out = Path(name)
        if what == "first":
            _first(ours, Path(models_dir), song, models[0], out)
            return
        forward = Forward()
        run = (_stemset if ours else _library)(Path(models_dir), Path(song), models, out)
        if what == "load":
            print(json.dumps({"load s": _load(forward, run, ours=ours)}))
            return
        run()
        forward.cpu_s = 0.0
        wall, cpu = time.monotonic(), time.process_time()
        run()
        wall, cpu = time.monotonic() - wall, time.process_time() - cpu
        if what == "outside":
            print(json.dumps({"outside %": 100 * (1 - forward.cpu_s / cpu), "CPU s": cpu}))
        else:
            print(json.dumps({"wall s": wall, "CPU s": cpu}))


def _first(ours: bool, models_dir: Path, song: str, model: str, out: Path) -> None:
    """Both as commands. What the watching imports, both commands import as well."""
    printed = sys.stdout

    def end() -> None:
        print(json.dumps({"monotonic s": time.monotonic()}), file=printed, flush=True)
        os._exit(0)

    def watch() -> None:
        Forward(torch=False).on_first = end

    if ours:
        watch()
        sys.argv = ["stemset", "separate", song, "--strategy", "one", "-o", str(out), "--format", "wav"]
        import_module("stemset.cli").main()
    else:
        watch()
        places = ["--model_file_dir", str(models_dir), "--output_dir", str(out), "--output_format", "WAV"]
        sys.argv = ["audio-separator", song, "-m", model, *places]
        import_module("audio_separator.utils.cli").main()


def _stemset(models_dir: Path, song: Path, models: list[str], out: Path) -> Callable[[], None]:
    """Each model on the song as a node runs it: float WAV in, float WAVs out."""
    from stemset import audio
    from stemset.models import registry
    from stemset.models.pool import ModelPool
    from stemset.models.runtime import Runtime

    device = "cuda" if os.environ.get("PROBE_GPU") else "cpu"
    pool = ModelPool(Runtime(models_dir, device, compiled=bool(os.environ.get("PROBE_COMPILE"))))
    decoded = audio.decode(song, out / "song.wav").file

    def run() -> None:
        for name in models:
            model = registry.find(name)
            pool.get(model, model.card.params()).separate(decoded, out)

    return run


def _library(models_dir: Path, song: Path, models: list[str], out: Path) -> Callable[[], None]:
    """The same through the library's Python API, one Separator for each model, loaded once."""
    from audio_separator.separator import Separator

    separators: list[Any] = []

    def run() -> None:
        if not separators:
            separators.extend(_separator(models_dir, out) for _ in models)
            for separator, model in zip(separators, models, strict=True):
                separator.load_model(model)
        for separator in separators:
            separator.separate(str(song))

    def _separator(models_dir: Path, out: Path) -> Any:
        return Separator(
            log_level=logging.ERROR,
            model_file_dir=str(models_dir),
            output_dir=str(out),
            output_format="WAV",
            use_soundfile=True,
            use_native_fp16=bool(os.environ.get("PROBE_COMPILE")),
            use_torch_compile=bool(os.environ.get("PROBE_COMPILE")),
            mdxc_params={"segment_size": 256, "override_model_segment_size": False, "batch_size": 1, "overlap": 2,
                         "pitch_shift": 0},
            demucs_params={"segment_size": "Default", "shifts": 1, "overlap": 0.25, "segments_enabled": True},
        )  # fmt: skip

    return run


def _load(forward: Forward, run: Callable[[], None], *, ours: bool) -> float:
    """Of a Roformer, from the call to the first forward pass. What has to be imported is imported before."""
    if ours:
        import_module("stemset.models.networks.separator")
    import_module("librosa.filters")
    import_module("audio_separator.separator.architectures.mdxc_separator")
    import_module("audio_separator.separator.uvr_lib_v5.roformer.mel_band_roformer")

    def end() -> None:
        raise Loaded

    forward.on_first = end
    begun = time.monotonic()
    try:
        run()
    except Exception as error:
        if "Loaded" not in repr(error) and not isinstance(error.__cause__, Loaded):
            raise
    return time.monotonic() - begun


if __name__ == "__main__":
    main()
