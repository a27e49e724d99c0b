"""Stemset on Modal: `modal deploy modal_app.py`.

A small CPU container serves API and page. Each song is one call of `Worker.run` on a GPU that scales to zero. Weights
lie on a Volume, songs and stems in R2, jobs in PostgreSQL. What an operator may turn is `ModalSettings`: environment
variables, read when this file is deployed. docs/deploy.md goes through it step by step.
"""

from __future__ import annotations

import os
from pathlib import Path

import modal

from stemset.config.modal import CACHE_PATH, WEIGHTS_PATH, ModalSettings

HERE = Path(__file__).parent
PAGE = "/srv/stemset/page"
CONFIG = "/srv/stemset/config.yaml"

knobs = ModalSettings()
app = modal.App(knobs.app)

# --- Images: pinned, and without a secret. -------------------------------------------------------------------

# What is set here is no secret: where things are in a container, and which deployment it belongs to.
PLACES = {
    "STEMSET_ENGINE": "modal",
    "STEMSET_CONFIG": CONFIG,
    "STEMSET_MODELS_DIR": WEIGHTS_PATH,
    "STEMSET_DATA_DIR": "/tmp/stemset",
    "STEMSET_LOG_FORMAT": "json",
    **knobs.container_environment,
    # Whoever deploys may choose these as well.
    **{name: os.environ[name] for name in ("STEMSET_ACCESS", "STEMSET_KEEP_DAYS") if os.environ.get(name)},
}


def build_image(pins: str) -> modal.Image:
    """Build a Python image with just what `pins` lists: the file is complete, so nothing is resolved anew."""
    return (
        modal.Image.debian_slim(python_version="3.11")
        .uv_pip_install(requirements=[str(HERE / "requirements" / pins)], extra_options="--no-deps")
        .env(PLACES)
    )


def add_stemset(base: modal.Image) -> modal.Image:
    """Add our own files, last: a change of them builds no image."""
    # Only .py files go with a Python source, so config.yaml is added by itself.
    return base.add_local_file(HERE / "config.yaml", CONFIG).add_local_python_source("stemset")


api_image = add_stemset(
    build_image("core.txt").env({"STEMSET_FRONTEND_DIR": PAGE, "STEMSET_STREAM_LIMIT_S": str(knobs.api_timeout_s / 2)})
).add_local_dir(HERE / "frontend" / "dist", PAGE)
gpu_image = add_stemset(build_image("gpu.txt").env({"STEMSET_DEVICE": "cuda", "STEMSET_CACHE_GB": str(knobs.cache_gb)}))

# --- What outlives a container. --------------------------------------------------------------------------------

weights = modal.Volume.from_name(knobs.weights_volume, create_if_missing=True)
node_cache = modal.Volume.from_name(knobs.cache_volume, create_if_missing=True)
read_only_weights = weights.with_mount_options(read_only=True)


def find_secret(name: str) -> modal.Secret:
    """Look up a Secret that the operator made; Modal refuses a deployment where it lacks a key."""
    return modal.Secret.from_name(name, required_keys=list(knobs.required_secret_keys[name]))


database = find_secret(knobs.database_secret)
access = find_secret(knobs.access_secret)
callback = find_secret(knobs.callback_secret)
storage = find_secret(knobs.storage_secret)

# --- The service: API and page. ------------------------------------------------------------------------------------


@app.function(
    image=api_image,
    secrets=[database, access, callback, storage],
    volumes={WEIGHTS_PATH: read_only_weights},  # to tell which strategies can run
    memory=knobs.api_memory_mb,
    min_containers=knobs.api_min_containers,
    max_containers=knobs.api_max_containers,
    scaledown_window=knobs.api_scaledown_s,
    timeout=knobs.api_timeout_s,
    region=knobs.region,
)
@modal.concurrent(max_inputs=knobs.api_concurrency)
@modal.asgi_app()
def api():  # noqa: ANN201 - an ASGI application
    """Serve API and page. Any number of containers run at once, and any may be killed: all state is elsewhere."""
    from stemset.server.app import create_app

    return create_app()


# --- A worker: one song at a time on a GPU. ------------------------------------------------------------------------


@app.cls(
    image=gpu_image,
    gpu=list(knobs.gpu),  # the first that is free
    cpu=knobs.gpu_cpu,
    memory=knobs.gpu_memory_mb,
    secrets=[callback, storage],  # neither the database nor the key of the page
    volumes={WEIGHTS_PATH: read_only_weights, CACHE_PATH: node_cache},
    timeout=knobs.job_deadline_s,
    startup_timeout=knobs.gpu_startup_s,
    retries=modal.Retries(max_retries=knobs.job_retries, initial_delay=5.0, backoff_coefficient=2.0),
    max_containers=knobs.gpu_max_containers,
    scaledown_window=knobs.gpu_scaledown_s,
    enable_memory_snapshot=knobs.gpu_snapshot,
    region=knobs.region,
)
class Worker:
    """Runs each job at least once; nodes that were done before come from the node cache."""

    @modal.enter(snap=knobs.gpu_snapshot)
    def warm_up(self) -> None:
        """Import all libraries, which takes longest: before the snapshot, where there is one. There is no GPU yet."""
        from stemset.worker.modal import import_all

        import_all()

    @modal.enter()
    def begin(self) -> None:
        """Load the networks of the default strategy onto the GPU, after the snapshot."""
        from stemset.worker.modal import container_worker

        self.worker = container_worker(knobs, weights=read_only_weights, node_cache=node_cache)

    @modal.method()
    def run(self, payload: str) -> str | None:
        """Run a job. Returns its manifest as JSON, which is in R2 as well."""
        return self.worker.run(payload, modal.current_function_call_id() or "")


# --- Upkeep. -------------------------------------------------------------------------------------------------------


@app.function(
    image=api_image,
    secrets=[database, access, callback, storage],
    schedule=modal.Period(minutes=5),
    timeout=240,
    region=knobs.region,
)
def reconcile() -> None:
    """Run every maintenance task once: hand over jobs, settle silent ones, remove what is too old."""
    from stemset.server.app import maintain_once

    maintain_once()


@app.function(image=api_image, volumes={WEIGHTS_PATH: weights}, timeout=3600, region=knobs.region)
def download_models(strategies: str = "") -> None:
    """Fetch and check weights: `modal run modal_app.py::download_models`; all, or `--strategies successive,karaoke`."""
    from stemset.deploy.weights import fill_volume

    fill_volume(knobs.split_names(strategies), commit=weights.commit)
