from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

class TorchFunctionMode:
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def __torch_function__(
        self,
        func: Callable[..., object],
        types: Sequence[type],
        args: Sequence[Any] = ...,
        kwargs: Mapping[str, Any] | None = ...,
    ) -> object: ...
