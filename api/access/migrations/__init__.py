"""Numbered SQL of the schema `access`: forward only, once each."""
