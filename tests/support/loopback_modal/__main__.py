"""`python -m tests.support.loopback_modal SETTINGS`: serves a control plane until it is sent SIGTERM.

SETTINGS: a JSON file with what `Settings` holds.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path

from tests.support.loopback_modal.control_plane import ControlPlane
from tests.support.loopback_modal.settings import Settings

logging.basicConfig(level=logging.WARNING)
asyncio.run(ControlPlane(Settings.model_validate_json(Path(sys.argv[1]).read_bytes())).run())
