"""The catalogue: titles with their episodes and licence windows, and what is computed from them."""
