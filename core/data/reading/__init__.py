"""From a file as it was given to columns of text, and from text to types."""
