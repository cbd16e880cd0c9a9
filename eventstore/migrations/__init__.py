"""Numbered SQL files: the store's tables and functions, run in order, once each, forward only."""
