# The part of onnxruntime that Stemset's networks use.
from collections.abc import Mapping, Sequence
from enum import Enum

import numpy as np
from numpy.typing import NDArray

class NodeArg:
    name: str
    shape: Sequence[int | str | None]

class RunOptions:
    terminate: bool

class SessionOptions:
    log_severity_level: int
    intra_op_num_threads: int
    inter_op_num_threads: int
    def add_session_config_entry(self, key: str, value: str) -> None: ...

class IOBinding:
    def bind_input(
        self, name: str, device_type: str, device_id: int, element_type: type, shape: tuple[int, ...], buffer_ptr: int
    ) -> None: ...
    def bind_output(
        self, name: str, device_type: str, device_id: int, element_type: type, shape: tuple[int, ...], buffer_ptr: int
    ) -> None: ...

class InferenceSession:
    def __init__(self, path_or_bytes: str, sess_options: SessionOptions, *, providers: Sequence[str]) -> None: ...
    def get_inputs(self) -> list[NodeArg]: ...
    def get_outputs(self) -> list[NodeArg]: ...
    def get_providers(self) -> list[str]: ...
    def io_binding(self) -> IOBinding: ...
    def run(
        self, output_names: None, input_feed: Mapping[str, NDArray[np.float32]], run_options: RunOptions
    ) -> list[NDArray[np.float32]]: ...
    def run_with_iobinding(self, iobinding: IOBinding, run_options: RunOptions) -> None: ...

class OrtAllocatorType(Enum):
    ORT_ARENA_ALLOCATOR = ...

class OrtMemType(Enum):
    DEFAULT = ...

class OrtMemoryInfo:
    def __init__(self, name: str, allocator_type: OrtAllocatorType, device_id: int, mem_type: OrtMemType) -> None: ...

def create_and_register_allocator(mem_info: OrtMemoryInfo, arena_cfg: None) -> None: ...
def get_available_providers() -> list[str]: ...
