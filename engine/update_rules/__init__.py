"""How weights change at a step: the update rules and their learning rate."""
