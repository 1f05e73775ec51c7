"""What happens, as typed records: one module per event family, one envelope around them, one rule
for what is valid.
"""
