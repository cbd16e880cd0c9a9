"""Numbered SQL of the schema `outside`: forward only, once each."""
