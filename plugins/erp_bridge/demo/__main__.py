"""Prepare the Tryton of `make tryton`: `python -m plugins.erp_bridge.demo FOLDER`."""

import sys
from pathlib import Path

from plugins.erp_bridge.demo.server import HOME, prepare

if __name__ == "__main__":
    prepare(Path(sys.argv[1]) if len(sys.argv) > 1 else HOME)
