"""The catalog: titles with their episodes and license windows, and what is computed from them."""
