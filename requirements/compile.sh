#!/usr/bin/env bash
# Writes the pinned requirement files from pyproject.toml. Run it through `make pins`.
set -euo pipefail
cd "$(dirname "$0")/.."
uv=${UV:-uv}
compile() { "$uv" pip compile --universal --generate-hashes --quiet --no-emit-find-links --no-emit-index-url \
    --custom-compile-command "make pins" "$@"; }

# A CPU wheel of torch needs none of CUDA's packages, and each of its builds has a hash of its own.
cuda="$(printf -- '--no-emit-package %s ' cuda-bindings cuda-pathfinder cuda-toolkit triton \
    nvidia-{cublas,cuda-cupti,cuda-nvrtc,cuda-runtime,cudnn-cu13,cufft,cufile,curand,cusolver} \
    nvidia-{cusparse,cusparselt-cu13,nccl-cu13,nvjitlink,nvshmem-cu13,nvtx})"
without_torch_hashes='/^torch==/{s/ \\$//;p;:skip;n;/^ *--hash/b skip};p'

compile pyproject.toml --output-file requirements/core.txt
# shellcheck disable=SC2086
compile pyproject.toml --extra ml --constraints requirements/core.txt $cuda --output-file requirements/ml.txt
sed -n -i "$without_torch_hashes" requirements/ml.txt
compile pyproject.toml --extra gpu --constraints requirements/core.txt --output-file requirements/gpu.txt
compile requirements/dev.in --constraints requirements/ml.txt --output-file requirements/dev.txt
