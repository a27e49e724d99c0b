"""What torch and its kin give: they are not typed well enough for more."""

from __future__ import annotations

from typing import Any, TypeAlias

Untyped: TypeAlias = Any
