"""Numbered SQL files: the engine's own table, run in order, once each, forward only."""
