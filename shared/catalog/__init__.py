"""The catalog: titles with their episodes and license windows."""
