"""Use cases. They decide; they draw nothing, write no sentence and no SQL."""
