"""Signing in: passwords, sessions and their limits, beside the log (decision 0021)."""
