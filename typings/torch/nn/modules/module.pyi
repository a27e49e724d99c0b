from collections.abc import Callable
from typing import Protocol

class _Handle(Protocol):
    def remove(self) -> None: ...

def register_module_forward_pre_hook(hook: Callable[[object, object], None]) -> _Handle: ...
