"""Doors to providers' batches: one file each, named by `batches` in data/providers.yaml."""

from core.llm.batching.door import Answer, Door, Finished, Job, Pace, Place, Progress, door_of

__all__ = ["Answer", "Door", "Finished", "Job", "Pace", "Place", "Progress", "door_of"]
