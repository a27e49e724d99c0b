"""The models of a process: one instance for each model and its parameters, all over one cache of networks."""

from __future__ import annotations

from dataclasses import replace
from threading import Lock

from stemset.models.model import AudioSeparator
from stemset.models.network_cache import NetworkCache
from stemset.models.params import ModelParams
from stemset.models.runtime import Runtime


class ModelPool:
    """Hands out models for one runtime; safe under concurrent jobs. Models of one network share its weights."""

    def __init__(self, runtime: Runtime) -> None:
        self._networks = runtime.networks or NetworkCache()
        self.runtime = replace(runtime, networks=self._networks)
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
        """Names of the models whose networks are in memory; the least recently used first."""
        return self._networks.names
