"""Numbered SQL files of the schema `proof`."""
