"""Tasks that operators run: read a profile's stored state, and accept a replaced log."""
