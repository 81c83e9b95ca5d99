"""Decides, and does nothing else: which face, good enough, who, how sure. Pure functions and values.

Its centre is the `OperatingPoint` (point.py): everything that decides, each value with its origin.
"""
