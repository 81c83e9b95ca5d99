"""Receipts for what was destroyed, and looking everywhere for what should be gone."""
