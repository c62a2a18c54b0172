"""The offline model: rules over words, tool specs and evidence. It never pretends to be more."""
