"""One file a provider; a new one is found by being there."""
