"""How large a file may be that people hand in, in bytes; read before anything is made of it."""

from __future__ import annotations

from engine.language import DEFAULT_LIMITS
from engine.update_rules.optimizers import OPTIMIZERS

PICTURE_BYTES = 10 * 1024**2

VECTORS = 3 + max(len(rule.remembers) for rule in OPTIMIZERS.values())
"""As long as the parameters: these, their average, what the rule remembers, and at most as many
running statistics, of which a batchnorm has two for each two parameters."""
BYTES_PER_NUMBER = 4 * 4 / 3
"""A float32 in base64."""
TEXT_BYTES = 1024**2
"""More than everything else in a snapshot: the spec, the counters, the state of the generators."""
SNAPSHOT_BYTES = int(DEFAULT_LIMITS.parameters * VECTORS * BYTES_PER_NUMBER) + TEXT_BYTES
"""What the largest network that the language admits can need: whatever is saved can be loaded."""
