"""One instance per model and parameters, so that a process loads each network once."""

from __future__ import annotations

from threading import Lock

from stemset.models.base import AudioSeparator, ModelParams, Runtime


class ModelPool:
    """Hands out models for one runtime; safe under concurrent jobs."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self._models: dict[tuple[str, ModelParams], AudioSeparator] = {}
        self._lock = Lock()

    def get(self, model: type[AudioSeparator], params: ModelParams) -> AudioSeparator:
        """The one instance of this model with these parameters."""
        key = (model.model_filename, params)
        with self._lock:
            if key not in self._models:
                self._models[key] = model(params, self.runtime)
            return self._models[key]

    @property
    def models_loaded(self) -> tuple[str, ...]:
        """Names of the models that this process keeps."""
        with self._lock:
            return tuple(name for name, _ in self._models)
