"""Tests of templates; being here is being known by its file name."""
