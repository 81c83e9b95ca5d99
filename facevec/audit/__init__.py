"""Who did what, when, and by which decision: records in files, chained under the integrity key."""
