"""Use cases: one function, one transaction. Only here is commit and now()."""
