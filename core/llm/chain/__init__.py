"""A question on its way along a chain of models: which is asked, what it says, does it fit."""
