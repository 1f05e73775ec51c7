"""Features: pure functions from what is known to what models and rows use, the same code in
training and in serving.
"""
