"""Trainers: from interactions to models; the closed-form families train themselves, these need
Spark or torch.
"""
