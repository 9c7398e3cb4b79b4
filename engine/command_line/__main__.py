"""`python -m engine.command_line`: the engine's commands without the server's."""

from __future__ import annotations

import sys

from engine.command_line.arguments import main

if __name__ == "__main__":
    sys.exit(main())
